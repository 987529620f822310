/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "curate/ple-curation-private.h"

#include <glib/gi18n-lib.h>

#include <string.h>

/* Every command is: refuse what makes no sense, gather an edit, commit it. */

static gboolean
refuse (GError **error, const char *reason)
{
  g_set_error_literal (error, PLE_CURATION_ERROR, PLE_CURATION_ERROR_REFUSED, reason);
  return FALSE;
}

static gboolean
is_open (PleCuration *curation, GError **error)
{
  return curation->journal != NULL || refuse (error, _ ("The project is closed"));
}

static gboolean
is_alive (PleCuration *curation, gint32 id, GError **error)
{
  if (id >= 0 && id < ple_curation_count_ids (curation) &&
      ple_curation_peek_cluster (curation, id)->alive)
    return TRUE;
  g_set_error (error, PLE_CURATION_ERROR, PLE_CURATION_ERROR_REFUSED, _ ("There is no cluster %d"),
               id);
  return FALSE;
}

static int
compare_items (gconstpointer a, gconstpointer b, gpointer data)
{
  const guint32 *items = data;
  guint32 x = items[*(const guint32 *) a], y = items[*(const guint32 *) b];

  return (x > y) - (x < y);
}

/* Few among many: by comparing. */
static void
order_few (const guint32 *items, size_t n, guint32 *order)
{
  for (size_t i = 0; i < n; i++)
    order[i] = (guint32) i;
  g_qsort_with_data (order, (gint) n, sizeof *order, compare_items, (gpointer) items);
}

/* Many: every item is asked for its position. A double is found by one position too few. */
static size_t
order_many (const guint32 *items, size_t n, size_t n_items, guint32 *order)
{
  g_autofree guint32 *position = g_new0 (guint32, n_items + 1); /* + 1, 0 if not chosen */
  size_t n_ordered = 0;

  for (size_t i = 0; i < n; i++)
    position[items[i]] = (guint32) i + 1;
  for (size_t item = 0; item < n_items; item++)
    if (position[item] != 0)
      order[n_ordered++] = position[item] - 1;
  return n_ordered;
}

/* The order in which @items rise, or %NULL if they are no valid choice. */
static guint32 *
order_items (PleCuration *curation, const guint32 *items, size_t n, GError **error)
{
  g_autofree guint32 *order = NULL;
  size_t n_ordered = n;

  if (!is_open (curation, error))
    return NULL;
  if (n == 0)
    {
      refuse (error, _ ("No pictures are selected"));
      return NULL;
    }
  for (size_t i = 0; i < n; i++)
    if (items[i] >= curation->n_items)
      {
        g_set_error (error, PLE_CURATION_ERROR, PLE_CURATION_ERROR_REFUSED,
                     _ ("There is no picture %u"), items[i]);
        return NULL;
      }
  order = g_new (guint32, n);
  if (n < curation->n_items / 64)
    order_few (items, n, order);
  else
    n_ordered = order_many (items, n, curation->n_items, order);
  for (size_t i = 1; i < n_ordered; i++)
    if (items[order[i]] == items[order[i - 1]])
      n_ordered = 0;
  if (n_ordered != n)
    {
      refuse (error, _ ("A picture is selected twice"));
      return NULL;
    }
  return g_steal_pointer (&order);
}

/* The name as it is kept: composed characters, no blanks around. %NULL if it is none. */
static char *
clean_name (const char *name, GError **error)
{
  g_autofree char *normal = g_utf8_normalize (name, -1, G_NORMALIZE_DEFAULT_COMPOSE);

  if (normal == NULL)
    {
      refuse (error, _ ("The name is not valid text"));
      return NULL;
    }
  g_strstrip (normal);
  for (const char *at = normal; *at != '\0'; at = g_utf8_next_char (at))
    if (g_unichar_iscntrl (g_utf8_get_char (at)))
      {
        refuse (error, _ ("A name is one line of text"));
        return NULL;
      }
  if (strlen (normal) > PLE_NAME_MAX_BYTES)
    {
      refuse (error, _ ("The name is too long"));
      return NULL;
    }
  return g_steal_pointer (&normal);
}

gboolean
ple_curation_name_cluster (PleCuration *curation, gint32 id, const char *name, GError **error)
{
  g_auto (PleEdit) edit = { 0 };
  g_autofree char *clean = NULL;

  g_return_val_if_fail (PLE_IS_CURATION (curation) && name != NULL, FALSE);

  if (!is_open (curation, error) || !is_alive (curation, id, error))
    return FALSE;
  clean = clean_name (name, error);
  if (clean == NULL)
    return FALSE;
  ple_edit_init (&edit, curation, 0);
  ple_edit_cluster (&edit, id, TRUE, clean);
  ple_edit_commit (&edit, PLE_STEP_NAME, ple_curation_peek_cluster (curation, id)->size, id, 0,
                   clean);
  return TRUE;
}

gboolean
ple_curation_set_state (
    PleCuration *curation, const guint32 *items, size_t n, PleState state, GError **error)
{
  g_auto (PleEdit) edit = { 0 };
  g_autofree guint32 *order = NULL;

  g_return_val_if_fail (PLE_IS_CURATION (curation) && (guint) state < PLE_N_STATES, FALSE);

  order = order_items (curation, items, n, error);
  if (order == NULL)
    return FALSE;
  ple_edit_init (&edit, curation, n);
  for (size_t i = 0; i < n; i++)
    ple_edit_item (&edit, items[order[i]], curation->labels[items[order[i]]], state);
  ple_edit_commit (&edit, PLE_STEP_STATE, n, -1, (gint32) state, "");
  return TRUE;
}

static void
move (PleEdit *edit,
      const guint32 *items,
      const guint32 *order,
      size_t n,
      gint32 target,
      const char *name)
{
  for (size_t i = 0; i < n; i++)
    ple_edit_item (edit, items[order[i]], target, PLE_STATE_CONFIRMED);
  ple_edit_commit (edit, PLE_STEP_MOVE, n, target, 0, name);
}

gboolean
ple_curation_move (
    PleCuration *curation, const guint32 *items, size_t n, gint32 target, GError **error)
{
  g_auto (PleEdit) edit = { 0 };
  g_autofree guint32 *order = NULL;
  g_autofree char *name = NULL;

  g_return_val_if_fail (PLE_IS_CURATION (curation), FALSE);

  order = order_items (curation, items, n, error);
  if (order == NULL || !is_alive (curation, target, error))
    return FALSE;
  name = g_strdup (ple_curation_peek_cluster (curation, target)->name);
  ple_edit_init (&edit, curation, n);
  move (&edit, items, order, n, target, name);
  return TRUE;
}

gboolean
ple_curation_move_to_name (PleCuration *curation,
                           const guint32 *items,
                           size_t n,
                           const char *name,
                           gint32 *target,
                           GError **error)
{
  g_auto (PleEdit) edit = { 0 };
  g_autofree guint32 *order = NULL;
  g_autofree char *clean = NULL;
  gint32 id;

  g_return_val_if_fail (PLE_IS_CURATION (curation) && name != NULL, FALSE);

  order = order_items (curation, items, n, error);
  clean = order != NULL ? clean_name (name, error) : NULL;
  if (clean == NULL)
    return FALSE;
  if (clean[0] == '\0')
    return refuse (error, _ ("The name is empty"));
  ple_edit_init (&edit, curation, n);
  id = ple_curation_find_name (curation, clean);
  if (id < 0)
    id = ple_edit_new_cluster (&edit, clean);
  else
    {
      /* It may be written in another case. */
      g_free (clean);
      clean = g_strdup (ple_curation_peek_cluster (curation, id)->name);
    }
  /* Told before the change, so that whoever hears of it knows. */
  if (target != NULL)
    *target = id;
  move (&edit, items, order, n, id, clean);
  return TRUE;
}

/* The first named of @ids, else the largest, else the first. */
static gint32
choose_merge_target (PleCuration *curation, const gint32 *ids, size_t n)
{
  gint32 largest = ids[0];

  for (size_t j = 0; j < n; j++)
    {
      const PleCluster *cluster = ple_curation_peek_cluster (curation, ids[j]);

      if (cluster->name[0] != '\0')
        return ids[j];
      if (cluster->size > ple_curation_peek_cluster (curation, largest)->size)
        largest = ids[j];
    }
  return largest;
}

gboolean
ple_curation_merge (
    PleCuration *curation, const gint32 *ids, size_t n, gint32 *target, GError **error)
{
  g_auto (PleEdit) edit = { 0 };
  g_autofree guint8 *chosen = NULL;
  g_autofree char *name = NULL;
  size_t n_chosen = 0;
  gint32 kept;

  g_return_val_if_fail (PLE_IS_CURATION (curation), FALSE);

  if (!is_open (curation, error))
    return FALSE;
  chosen = g_new0 (guint8, curation->clusters->len + 1);
  for (size_t j = 0; j < n; j++)
    {
      if (!is_alive (curation, ids[j], error))
        return FALSE;
      n_chosen += chosen[ids[j]] == 0;
      chosen[ids[j]] = 1;
    }
  if (n_chosen < 2)
    return refuse (error, _ ("Merging needs at least two clusters"));
  kept = choose_merge_target (curation, ids, n);
  name = g_strdup (ple_curation_peek_cluster (curation, kept)->name);
  ple_edit_init (&edit, curation, 0);
  for (size_t i = 0; i < curation->n_items; i++)
    if (curation->labels[i] >= 0 && chosen[curation->labels[i]])
      ple_edit_item (&edit, i, kept, (PleState) curation->states[i]);
  /* The others keep their names: undo and history show them. */
  for (gint32 id = 0; id < ple_curation_count_ids (curation); id++)
    if (chosen[id] && id != kept)
      ple_edit_cluster (&edit, id, FALSE, ple_curation_peek_cluster (curation, id)->name);
  if (target != NULL)
    *target = kept;
  ple_edit_commit (&edit, PLE_STEP_MERGE, n_chosen, kept, 0, name);
  return TRUE;
}

/* Clusters all of whose members go die, with their names. */
static void
bury_emptied (PleEdit *edit, PleCuration *curation, const guint32 *items, size_t n)
{
  g_autofree size_t *n_leaving = g_new0 (size_t, curation->clusters->len + 1);

  for (size_t i = 0; i < n; i++)
    if (curation->labels[items[i]] >= 0)
      n_leaving[curation->labels[items[i]]]++;
  for (gint32 id = 0; id < ple_curation_count_ids (curation); id++)
    {
      const PleCluster *cluster = ple_curation_peek_cluster (curation, id);

      if (n_leaving[id] > 0 && n_leaving[id] == cluster->n_members)
        ple_edit_cluster (edit, id, FALSE, cluster->name);
    }
}

gboolean
ple_curation_split (PleCuration *curation,
                    const guint32 *items,
                    const gint32 *parts,
                    size_t n,
                    size_t n_parts,
                    GError **error)
{
  g_auto (PleEdit) edit = { 0 };
  g_autofree guint32 *order = NULL;
  g_autofree gint32 *id_of_part = NULL;

  g_return_val_if_fail (PLE_IS_CURATION (curation), FALSE);

  order = order_items (curation, items, n, error);
  if (order == NULL)
    return FALSE;
  if (n_parts > n)
    return refuse (error, _ ("There are more parts than pictures"));
  id_of_part = g_new (gint32, MAX (n_parts, 1));
  memset (id_of_part, 0xff, n_parts * sizeof (gint32)); /* -1 */
  for (size_t i = 0; i < n; i++)
    if (parts[i] < 0 || (size_t) parts[i] >= n_parts)
      return refuse (error, _ ("A picture belongs to none of the parts"));
    else
      id_of_part[parts[i]] = 0;
  ple_edit_init (&edit, curation, n);
  for (size_t part = 0; part < n_parts; part++)
    if (id_of_part[part] == 0)
      id_of_part[part] = ple_edit_new_cluster (&edit, "");
  bury_emptied (&edit, curation, items, n);
  for (size_t i = 0; i < n; i++)
    ple_edit_item (&edit, items[order[i]], id_of_part[parts[order[i]]],
                   (PleState) curation->states[items[order[i]]]);
  ple_edit_commit (&edit, PLE_STEP_SPLIT, n, -1, edit.n_new, "");
  return TRUE;
}

gboolean
ple_curation_reset (PleCuration *curation, const guint32 *items, size_t n, GError **error)
{
  g_auto (PleEdit) edit = { 0 };
  g_autofree guint32 *order = NULL;
  g_autofree guint8 *revived = NULL;

  g_return_val_if_fail (PLE_IS_CURATION (curation), FALSE);

  order = order_items (curation, items, n, error);
  if (order == NULL)
    return FALSE;
  revived = g_new0 (guint8, (size_t) curation->n_base_clusters + 1);
  ple_edit_init (&edit, curation, n);
  for (size_t i = 0; i < n; i++)
    {
      size_t item = items[order[i]];
      gint32 label = curation->base->data[item];

      ple_edit_item (&edit, item, label, PLE_STATE_AUTO);
      if (label >= 0)
        revived[label] = 1;
    }
  /* A picture cannot lie in a cluster that was merged away. */
  for (gint32 id = 0; id < curation->n_base_clusters; id++)
    if (revived[id])
      ple_edit_cluster (&edit, id, TRUE, ple_curation_peek_cluster (curation, id)->name);
  ple_edit_commit (&edit, PLE_STEP_RESET, n, -1, 0, "");
  return TRUE;
}
