/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "curate/ple-journal-diff-private.h"

#include "base/ple-rng.h"
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

/* --- groups -------------------------------------------------------------------------------- */

/* Ways of changing, numbered as they come. A hash table of its own kind: it is asked once per item,
 * and what is asked for is nearly always there. */
typedef struct
{
  PleItemChange *changes; /* by number */
  guint32 *counts;        /* items of each */
  size_t n;
  guint32 *slots; /* number + 1, 0 if free; twice as many as changes, a power of two */
  size_t n_slots;
} Groups;

static gboolean
change_equal (const PleItemChange *x, const PleItemChange *y)
{
  return x->from_label == y->from_label && x->to_label == y->to_label &&
         x->from_state == y->from_state && x->to_state == y->to_state;
}

static size_t
change_hash (const PleItemChange *change)
{
  guint64 labels = (guint64) (guint32) change->from_label << 32 | (guint32) change->to_label;

  return (size_t) ple_mix64 (labels ^ (guint64) (change->from_state << 4 | change->to_state) << 24);
}

/* Twice the room. */
static void
groups_grow (Groups *groups)
{
  groups->n_slots = MAX (64, 2 * groups->n_slots);
  g_free (groups->slots);
  groups->slots = g_new0 (guint32, groups->n_slots);
  groups->changes = g_renew (PleItemChange, groups->changes, groups->n_slots / 2);
  groups->counts = g_renew (guint32, groups->counts, groups->n_slots / 2);
  for (size_t g = 0; g < groups->n; g++)
    {
      size_t slot = change_hash (&groups->changes[g]) & (groups->n_slots - 1);

      while (groups->slots[slot] != 0)
        slot = (slot + 1) & (groups->n_slots - 1);
      groups->slots[slot] = (guint32) g + 1;
    }
}

static guint32
groups_count (Groups *groups, const PleItemChange *change)
{
  size_t slot = change_hash (change) & (groups->n_slots - 1);

  for (; groups->slots[slot] != 0; slot = (slot + 1) & (groups->n_slots - 1))
    {
      guint32 g = groups->slots[slot] - 1;

      if (change_equal (&groups->changes[g], change))
        {
          groups->counts[g]++;
          return g;
        }
    }
  if (2 * (groups->n + 1) > groups->n_slots)
    {
      groups_grow (groups);
      return groups_count (groups, change);
    }
  groups->slots[slot] = (guint32) groups->n + 1;
  groups->changes[groups->n] = *change;
  groups->counts[groups->n] = 1;
  return (guint32) groups->n++;
}

static void
groups_clear (Groups *groups)
{
  g_free (groups->changes);
  g_free (groups->counts);
  g_free (groups->slots);
}

/* One group: @items ascending, @n > 0. */
static void
put_group (GByteArray *bytes, const PleItemChange *change, const guint32 *items, size_t n)
{
  guint64 end = 0, n_runs = 1;

  for (size_t i = 1; i < n; i++)
    n_runs += items[i] != items[i - 1] + 1;
  put_varint (bytes, (guint64) ((gint64) change->from_label + 1));
  put_varint (bytes, (guint64) ((gint64) change->to_label + 1));
  put_byte (bytes, (guint8) (change->from_state | change->to_state << 4));
  put_varint (bytes, n_runs);
  for (size_t i = 0; i < n;)
    {
      size_t length = 1;

      while (i + length < n && items[i + length] == items[i] + length)
        length++;
      put_varint (bytes, (items[i] - end) << 1 | (length > 1));
      if (length > 1)
        put_varint (bytes, length - 2);
      end = (guint64) items[i] + length;
      i += length;
    }
}

/* Items of each group together, in the order of the groups. */
static void
put_items (GByteArray *bytes, const PleItemEdit *items, size_t n_items)
{
  g_autofree guint32 *group_of = g_new (guint32, MAX (n_items, 1));
  g_autofree guint32 *sorted = g_new (guint32, MAX (n_items, 1));
  g_autofree size_t *next = NULL;
  Groups groups = { 0 };

  groups_grow (&groups);
  for (size_t i = 0; i < n_items; i++)
    group_of[i] = groups_count (&groups, &items[i].change);
  next = g_new0 (size_t, groups.n + 1);
  for (size_t g = 0; g < groups.n; g++)
    next[g + 1] = next[g] + groups.counts[g];
  for (size_t i = 0; i < n_items; i++)
    sorted[next[group_of[i]]++] = items[i].item;
  put_varint (bytes, groups.n);
  for (size_t g = 0, begin = 0; g < groups.n; begin += groups.counts[g++])
    put_group (bytes, &groups.changes[g], sorted + begin, groups.counts[g]);
  groups_clear (&groups);
}

GBytes *
ple_diff_encode (const PleItemEdit *items,
                 size_t n_items,
                 const PleClusterChange *clusters,
                 size_t n_clusters)
{
  GByteArray *bytes = g_byte_array_sized_new ((guint) MIN (n_items + 64, G_MAXINT32));

  put_byte (bytes, VERSION);
  put_varint (bytes, n_clusters);
  for (size_t j = 0; j < n_clusters; j++)
    put_cluster (bytes, &clusters[j]);
  put_items (bytes, items, n_items);
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
