/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-map-colours.h"

#include <glib/gi18n.h>

#define N_LEGEND 12

static void
legend_entry_free (gpointer data)
{
  PleLegendEntry *entry = data;

  g_free (entry->text);
  g_free (entry);
}

static void
add_legend (PleMapColours *colours, guint32 colour, const char *text)
{
  PleLegendEntry *entry = g_new (PleLegendEntry, 1);

  entry->colour = colour;
  entry->text = g_strdup (text);
  g_ptr_array_add (colours->legend, entry);
}

static void
set_table (PleMapColours *colours, const guint32 *table, size_t n)
{
  colours->table = g_memdup2 (table, n * sizeof (guint32));
  colours->n_table = n;
}

/* Palette, then the colour of what has none. */
static void
set_palette (PleMapColours *colours)
{
  guint32 table[PLE_PALETTE_SIZE + 1];

  for (guint i = 0; i < PLE_PALETTE_SIZE; i++)
    table[i] = ple_palette_get (PLE_PALETTE_STANDARD, i);
  table[PLE_PALETTE_SIZE] = PLE_PALETTE_NONE;
  set_table (colours, table, G_N_ELEMENTS (table));
}

guint32
ple_map_colours_of_cluster (PleSession *session, gint32 id)
{
  const guint8 *of_cluster = ple_session_get_cluster_colours (session);

  if (id < 0 || of_cluster == NULL)
    return PLE_PALETTE_NONE;
  return ple_palette_get (PLE_PALETTE_STANDARD, of_cluster[id]);
}

/* The largest clusters name the legend. */
static void
add_cluster_legend (PleMapColours *colours, PleSession *session)
{
  PleClusterIndex *index = ple_session_get_index (session);
  g_autofree guint8 *used = NULL;
  size_t n_ids = ple_cluster_index_get_n_ids (index);

  if (n_ids > PLE_PALETTE_SIZE)
    return;
  used = g_new0 (guint8, MAX (n_ids, 1));
  for (guint k = 0; k < MIN (n_ids, N_LEGEND); k++)
    {
      gint32 best = -1;
      g_autofree char *name = NULL;

      for (size_t id = 0; id < n_ids; id++)
        if (!used[id] && ple_cluster_index_get (index, (gint32) id)->size > 0 &&
            (best < 0 || ple_cluster_index_get (index, (gint32) id)->size >
                             ple_cluster_index_get (index, best)->size))
          best = (gint32) id;
      if (best < 0)
        break;
      used[best] = 1;
      name = ple_session_dup_cluster_name (session, best);
      add_legend (colours, ple_map_colours_of_cluster (session, best), name);
    }
}

static void
colour_by_cluster (PleMapColours *colours, PleSession *session)
{
  const gint32 *labels = ple_session_get_labels (session);
  const guint8 *states = ple_session_get_states (session);
  const guint8 *of_cluster = ple_session_get_cluster_colours (session);

  set_palette (colours);
  for (size_t i = 0; i < colours->n; i++)
    {
      gboolean none =
          labels == NULL || labels[i] < 0 || (states != NULL && states[i] == PLE_STATE_EXCLUDED);

      colours->index[i] = none ? PLE_PALETTE_SIZE : of_cluster[labels[i]];
    }
  if (labels != NULL)
    add_cluster_legend (colours, session);
}

static void
colour_by_class (PleMapColours *colours, PleSession *session)
{
  PleDataset *dataset = ple_session_get_dataset (session);
  PleLabels *truth = ple_dataset_get_labels (dataset);
  size_t n_classes = ple_dataset_get_n_classes (dataset);

  set_palette (colours);
  for (size_t i = 0; i < colours->n; i++)
    colours->index[i] = truth != NULL && truth->data[i] >= 0
                            ? (guint16) (truth->data[i] % PLE_PALETTE_SIZE)
                            : PLE_PALETTE_SIZE;
  for (size_t c = 0; c < MIN (n_classes, N_LEGEND); c++)
    add_legend (colours, ple_palette_get (PLE_PALETTE_STANDARD, (guint) (c % PLE_PALETTE_SIZE)),
                ple_dataset_get_class_name (dataset, c));
}

static void
colour_by_state (PleMapColours *colours, PleSession *session)
{
  static const guint32 table[PLE_N_STATES] = {
    [PLE_STATE_AUTO] = PLE_PALETTE_NONE,
    [PLE_STATE_CONFIRMED] = PLE_PALETTE_RIGHT,
    [PLE_STATE_UNSURE] = 0xc99a00,
    [PLE_STATE_EXCLUDED] = 0x4a4a4a,
    [PLE_STATE_CONFLICT] = PLE_PALETTE_WRONG,
  };
  static const char *const names[PLE_N_STATES] = {
    N_ ("as the run says"), N_ ("confirmed"), N_ ("unsure"), N_ ("excluded"), N_ ("conflicting"),
  };
  const guint8 *states = ple_session_get_states (session);

  set_table (colours, table, PLE_N_STATES);
  for (size_t i = 0; i < colours->n; i++)
    colours->index[i] = states != NULL ? states[i] : PLE_STATE_AUTO;
  for (size_t s = 0; s < PLE_N_STATES; s++)
    add_legend (colours, table[s], _ (names[s]));
}

static void
colour_by_confidence (PleMapColours *colours, PleSession *session)
{
  PleRun *run = ple_session_get_run (session);
  guint32 table[PLE_PALETTE_RAMP_SIZE + 1];

  for (guint i = 0; i < PLE_PALETTE_RAMP_SIZE; i++)
    table[i] = ple_palette_ramp ((double) i / (PLE_PALETTE_RAMP_SIZE - 1));
  table[PLE_PALETTE_RAMP_SIZE] = PLE_PALETTE_NONE;
  set_table (colours, table, G_N_ELEMENTS (table));
  for (size_t i = 0; i < colours->n; i++)
    {
      float confidence = run != NULL && run->confidence != NULL ? run->confidence->data[i] : -1;

      colours->index[i] =
          confidence < 0
              ? PLE_PALETTE_RAMP_SIZE
              : (guint16) ((double) MIN (confidence, 1.0f) * (PLE_PALETTE_RAMP_SIZE - 1));
    }
  for (int i = 0; i <= 4; i++)
    {
      g_autofree char *text = g_strdup_printf (_ ("%d %%"), 25 * i);

      add_legend (colours, ple_palette_ramp (i / 4.0), text);
    }
}

static void
colour_by_correctness (PleMapColours *colours, PleSession *session)
{
  static const guint32 table[] = { PLE_PALETTE_NONE, PLE_PALETTE_RIGHT, PLE_PALETTE_WRONG };
  PleLabels *truth = ple_dataset_get_labels (ple_session_get_dataset (session));
  PleClusterIndex *index = ple_session_get_index (session);
  const gint32 *labels = ple_session_get_labels (session);

  set_table (colours, table, G_N_ELEMENTS (table));
  for (size_t i = 0; i < colours->n; i++)
    {
      gboolean known = truth != NULL && labels != NULL && labels[i] >= 0 && truth->data[i] >= 0;

      colours->index[i] = !known ? 0
                          : ple_cluster_index_get (index, labels[i])->majority == truth->data[i]
                              ? 1
                              : 2;
    }
  add_legend (colours, table[1], _ ("right"));
  add_legend (colours, table[2], _ ("wrong"));
  add_legend (colours, table[0], _ ("not known"));
}

PleMapColours *
ple_map_colours_new (PleSession *session, PleColourMode mode)
{
  static void (*const funcs[PLE_N_COLOUR_MODES]) (PleMapColours *, PleSession *) = {
    [PLE_COLOUR_BY_CLUSTER] = colour_by_cluster,
    [PLE_COLOUR_BY_CLASS] = colour_by_class,
    [PLE_COLOUR_BY_STATE] = colour_by_state,
    [PLE_COLOUR_BY_CONFIDENCE] = colour_by_confidence,
    [PLE_COLOUR_BY_CORRECTNESS] = colour_by_correctness,
  };
  PleMapColours *colours = g_new0 (PleMapColours, 1);

  colours->n = ple_session_get_n_items (session);
  colours->index = g_new (guint16, MAX (colours->n, 1));
  colours->legend = g_ptr_array_new_with_free_func (legend_entry_free);
  funcs[mode](colours, session);
  return colours;
}

void
ple_map_colours_free (PleMapColours *colours)
{
  if (colours == NULL)
    return;
  g_free (colours->index);
  g_free (colours->table);
  g_ptr_array_unref (colours->legend);
  g_free (colours);
}
