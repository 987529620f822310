/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "curate/ple-journal-diff-private.h"

#include "curate/ple-curation.h"

#include <string.h>

/* The bytes of a diff:
 *
 *   diff     byte 1 (version), varint C, C x cluster, varint G, G x group
 *   cluster  varint id, byte flags, [names]
 *            flags: 1 alive before, 2 alive after, 4 named before, 8 named after, 16 both names are
 *            equal; names: for flag 4 the one before, for flag 8 without 16 the one after, each
 *            varint length, then UTF-8 without NUL
 *   group    varint label before + 1, varint label after + 1, byte state before | state after << 4,
 *            varint R >= 1, R x run
 *   run      varint gap << 1 | many, and if many: varint length - 2 (else the length is 1)
 *            gap: items between the end of the group's previous run (at first: item 0) and this one
 *
 * varint is 7 bits a byte, low bits first, bit 8 set on all but the last; at most 2^53. */
#define VERSION 1
#define MAX_VARINT (G_GUINT64_CONSTANT (1) << 53)

enum
{
  CLUSTER_WAS_ALIVE = 1,
  CLUSTER_IS_ALIVE = 2,
  CLUSTER_WAS_NAMED = 4,
  CLUSTER_IS_NAMED = 8,
  CLUSTER_SAME_NAME = 16,
};

static void
put_byte (GByteArray *bytes, guint8 byte)
{
  g_byte_array_append (bytes, &byte, 1);
}

static void
put_varint (GByteArray *bytes, guint64 value)
{
  guint8 buffer[10];
  guint n = 0;

  for (; value >= 0x80; value >>= 7)
    buffer[n++] = (guint8) (value | 0x80);
  buffer[n++] = (guint8) value;
  g_byte_array_append (bytes, buffer, n);
}

static void
put_name (GByteArray *bytes, const char *name)
{
  size_t length = strlen (name);

  g_assert (length <= PLE_NAME_MAX_BYTES);
  put_varint (bytes, length);
  g_byte_array_append (bytes, (const guint8 *) name, (guint) length);
}

static void
put_cluster (GByteArray *bytes, const PleClusterChange *cluster)
{
  gboolean same = strcmp (cluster->from_name, cluster->to_name) == 0;
  int flags = 0;

  flags |= cluster->from_alive ? CLUSTER_WAS_ALIVE : 0;
  flags |= cluster->to_alive ? CLUSTER_IS_ALIVE : 0;
  flags |= cluster->from_name[0] != '\0' ? CLUSTER_WAS_NAMED : 0;
  flags |= cluster->to_name[0] != '\0' ? CLUSTER_IS_NAMED : 0;
  flags |= same ? CLUSTER_SAME_NAME : 0;
  put_varint (bytes, (guint64) cluster->id);
  put_byte (bytes, (guint8) flags);
  if (flags & CLUSTER_WAS_NAMED)
    put_name (bytes, cluster->from_name);
  if ((flags & CLUSTER_IS_NAMED) && !same)
    put_name (bytes, cluster->to_name);
}

static guint
change_hash (gconstpointer key)
{
  const PleItemChange *change = key;
  guint hash = (guint) change->from_label * 0x9e3779b1u;

  hash = (hash ^ (guint) change->to_label) * 0x85ebca6bu;
  return hash ^ (hash >> 15) ^ (guint) (change->from_state << 4 | change->to_state);
}

static gboolean
change_equal (gconstpointer a, gconstpointer b)
{
  const PleItemChange *x = a, *y = b;

  return x->from_label == y->from_label && x->to_label == y->to_label &&
         x->from_state == y->from_state && x->to_state == y->to_state;
}

/* A group under construction: its runs, already coded. */
typedef struct
{
  PleItemChange change;
  GByteArray *runs;
  guint64 n_runs;
  size_t end; /* of the last closed run */
  size_t open_first;
  size_t open_length;
} Group;

static void
group_close_run (Group *group)
{
  guint64 gap = group->open_first - group->end;

  put_varint (group->runs, gap << 1 | (group->open_length > 1));
  if (group->open_length > 1)
    put_varint (group->runs, group->open_length - 2);
  group->end = group->open_first + group->open_length;
  group->n_runs++;
}

static void
group_add (Group *group, size_t item)
{
  if (group->open_length > 0 && item == group->open_first + group->open_length)
    {
      group->open_length++;
      return;
    }
  if (group->open_length > 0)
    group_close_run (group);
  group->open_first = item;
  group->open_length = 1;
}

static void
group_free (gpointer data)
{
  Group *group = data;

  g_byte_array_unref (group->runs);
  g_free (group);
}

GBytes *
ple_diff_encode (const guint32 *items,
                 const PleItemChange *changes,
                 size_t n_items,
                 const PleClusterChange *clusters,
                 size_t n_clusters)
{
  GByteArray *bytes = g_byte_array_new ();
  g_autoptr (GPtrArray) groups = g_ptr_array_new_with_free_func (group_free);
  g_autoptr (GHashTable) by_change = g_hash_table_new (change_hash, change_equal);
  Group *last = NULL;

  put_byte (bytes, VERSION);
  put_varint (bytes, n_clusters);
  for (size_t j = 0; j < n_clusters; j++)
    put_cluster (bytes, &clusters[j]);

  for (size_t i = 0; i < n_items; i++)
    {
      Group *group = last;

      if (group == NULL || !change_equal (&group->change, &changes[i]))
        group = g_hash_table_lookup (by_change, &changes[i]);
      if (group == NULL)
        {
          group = g_new0 (Group, 1);
          group->change = changes[i];
          group->runs = g_byte_array_new ();
          g_ptr_array_add (groups, group);
          g_hash_table_insert (by_change, &group->change, group);
        }
      group_add (group, items[i]);
      last = group;
    }
  put_varint (bytes, groups->len);
  for (guint g = 0; g < groups->len; g++)
    {
      Group *group = g_ptr_array_index (groups, g);

      group_close_run (group);
      put_varint (bytes, (guint64) ((gint64) group->change.from_label + 1));
      put_varint (bytes, (guint64) ((gint64) group->change.to_label + 1));
      put_byte (bytes, (guint8) (group->change.from_state | group->change.to_state << 4));
      put_varint (bytes, group->n_runs);
      g_byte_array_append (bytes, group->runs->data, group->runs->len);
    }
  return g_byte_array_free_to_bytes (bytes);
}

/* --- reading ------------------------------------------------------------------------------- */

static gboolean
damage (PleDiffReader *reader)
{
  reader->damaged = TRUE;
  return FALSE;
}

static gboolean
get_byte (PleDiffReader *reader, guint8 *byte)
{
  if (reader->at == reader->end)
    return damage (reader);
  *byte = *reader->at++;
  return TRUE;
}

static gboolean
get_varint (PleDiffReader *reader, guint64 *value)
{
  guint64 result = 0;

  for (guint shift = 0; shift < 56; shift += 7)
    {
      guint8 byte = 0;

      if (!get_byte (reader, &byte))
        return FALSE;
      result |= (guint64) (byte & 0x7f) << shift;
      if (!(byte & 0x80))
        {
          *value = result;
          return result <= MAX_VARINT || damage (reader);
        }
    }
  return damage (reader);
}

static gboolean
get_label (PleDiffReader *reader, gint32 *label)
{
  guint64 value = 0;

  if (!get_varint (reader, &value))
    return FALSE;
  if (value > (guint64) reader->n_ids)
    return damage (reader);
  *label = (gint32) ((gint64) value - 1);
  return TRUE;
}

static gboolean
get_name (PleDiffReader *reader, char name[PLE_NAME_MAX_BYTES + 1])
{
  guint64 length = 0;

  if (!get_varint (reader, &length))
    return FALSE;
  if (length == 0 || length > PLE_NAME_MAX_BYTES || length > (size_t) (reader->end - reader->at) ||
      !g_utf8_validate_len ((const char *) reader->at, length, NULL))
    return damage (reader);
  memcpy (name, reader->at, length);
  name[length] = '\0';
  reader->at += length;
  return TRUE;
}

void
ple_diff_reader_init (PleDiffReader *reader, GBytes *diff, size_t n_items, gint32 n_ids)
{
  size_t size;
  guint8 version = 0;

  memset (reader, 0, sizeof *reader);
  reader->at = g_bytes_get_data (diff, &size);
  reader->end = reader->at == NULL ? NULL : reader->at + size;
  reader->n_items = n_items;
  reader->n_ids = n_ids;
  if (!get_byte (reader, &version) || version != VERSION)
    damage (reader);
  else
    get_varint (reader, &reader->clusters_left);
}

gboolean
ple_diff_reader_next_cluster (PleDiffReader *reader, PleClusterChange *cluster)
{
  guint64 id = 0;
  guint8 flags = 0;

  if (reader->damaged || reader->clusters_left == 0)
    return FALSE;
  reader->clusters_left--;
  if (!get_varint (reader, &id) || !get_byte (reader, &flags))
    return FALSE;
  if (id >= (guint64) reader->n_ids || flags >= 2 * CLUSTER_SAME_NAME)
    return damage (reader);
  reader->names[0][0] = '\0';
  reader->names[1][0] = '\0';
  if ((flags & CLUSTER_WAS_NAMED) && !get_name (reader, reader->names[0]))
    return FALSE;
  if ((flags & CLUSTER_IS_NAMED) && !(flags & CLUSTER_SAME_NAME) &&
      !get_name (reader, reader->names[1]))
    return FALSE;
  cluster->id = (gint32) id;
  cluster->from_alive = (flags & CLUSTER_WAS_ALIVE) != 0;
  cluster->to_alive = (flags & CLUSTER_IS_ALIVE) != 0;
  cluster->from_name = reader->names[0];
  cluster->to_name = reader->names[flags & CLUSTER_SAME_NAME ? 0 : 1];
  return TRUE;
}

/* The header of the next group. */
static gboolean
begin_group (PleDiffReader *reader)
{
  guint8 states = 0;

  reader->groups_left--;
  reader->next_item = 0;
  if (!get_label (reader, &reader->change.from_label) ||
      !get_label (reader, &reader->change.to_label) || !get_byte (reader, &states) ||
      !get_varint (reader, &reader->runs_left))
    return FALSE;
  reader->change.from_state = states & 0x0f;
  reader->change.to_state = states >> 4;
  if (reader->change.from_state >= PLE_N_STATES || reader->change.to_state >= PLE_N_STATES ||
      reader->runs_left == 0)
    return damage (reader);
  return TRUE;
}

gboolean
ple_diff_reader_next_run (PleDiffReader *reader, PleDiffRun *run)
{
  guint64 head = 0, more = 0;

  if (!reader->groups_begun)
    {
      PleClusterChange skipped;

      while (ple_diff_reader_next_cluster (reader, &skipped))
        ;
      if (reader->damaged || !get_varint (reader, &reader->groups_left))
        return FALSE;
      reader->groups_begun = TRUE;
    }
  if (reader->damaged)
    return FALSE;
  if (reader->runs_left == 0)
    {
      if (reader->groups_left == 0)
        return FALSE;
      if (!begin_group (reader))
        return FALSE;
    }
  reader->runs_left--;
  if (!get_varint (reader, &head))
    return FALSE;
  if ((head & 1) && !get_varint (reader, &more))
    return FALSE;
  /* All terms are at most 2^53: the sums cannot wrap. */
  run->first = reader->next_item + (size_t) (head >> 1);
  run->length = (head & 1) ? (size_t) more + 2 : 1;
  run->change = reader->change;
  reader->next_item = run->first + run->length;
  return reader->next_item <= reader->n_items || damage (reader);
}

gboolean
ple_diff_reader_is_at_end (const PleDiffReader *reader)
{
  return !reader->damaged && reader->groups_begun && reader->clusters_left == 0 &&
         reader->groups_left == 0 && reader->runs_left == 0 && reader->at == reader->end;
}
