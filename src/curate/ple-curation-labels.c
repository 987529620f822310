/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "curate/ple-curation-private.h"

#include <glib/gi18n-lib.h>

/* Decisions in words: for the undo menu and the history. */

/* What the cluster was called when the decision was taken. */
static char *
describe_cluster (const PleStep *step)
{
  if (step->name[0] != '\0')
    return g_strdup (step->name);
  return g_strdup_printf (_ ("cluster %d"), step->cluster);
}

static char *
describe_name (const PleStep *step)
{
  if (step->name[0] == '\0')
    return g_strdup_printf (_ ("Remove the name of cluster %d"), step->cluster);
  return g_strdup_printf (_ ("Name cluster %d “%s”"), step->cluster, step->name);
}

static char *
describe_state (const PleStep *step, int n)
{
  gulong plural = (gulong) n;

  switch ((PleState) step->argument)
    {
    case PLE_STATE_CONFIRMED:
      return g_strdup_printf (ngettext ("Confirm %d picture", "Confirm %d pictures", plural), n);
    case PLE_STATE_UNSURE:
      return g_strdup_printf (
          ngettext ("Mark %d picture as unsure", "Mark %d pictures as unsure", plural), n);
    case PLE_STATE_EXCLUDED:
      return g_strdup_printf (ngettext ("Exclude %d picture", "Exclude %d pictures", plural), n);
    case PLE_STATE_CONFLICT:
      return g_strdup_printf (
          ngettext ("Mark %d picture as a conflict", "Mark %d pictures as conflicts", plural), n);
    case PLE_STATE_AUTO:
    default:
      return g_strdup_printf (ngettext ("Take back the mark of %d picture",
                                        "Take back the marks of %d pictures", plural),
                              n);
    }
}

char *
ple_step_describe (const PleStep *step)
{
  int n = (int) CLAMP (step->n, 0, G_MAXINT);
  gulong plural = (gulong) n;
  g_autofree char *cluster = describe_cluster (step);

  switch (step->kind)
    {
    case PLE_STEP_NAME:
      return describe_name (step);
    case PLE_STEP_STATE:
      return describe_state (step, n);
    case PLE_STEP_MOVE:
      return g_strdup_printf (ngettext ("Move %d picture to %s", "Move %d pictures to %s", plural),
                              n, cluster);
    case PLE_STEP_MERGE:
      return g_strdup_printf (
          ngettext ("Merge %d cluster into %s", "Merge %d clusters into %s", plural), n, cluster);
    case PLE_STEP_SPLIT:
      if (step->argument == 1)
        return g_strdup_printf (ngettext ("Make a new cluster of %d picture",
                                          "Make a new cluster of %d pictures", plural),
                                n);
      return g_strdup_printf (ngettext ("Split %d picture into %d clusters",
                                        "Split %d pictures into %d clusters", plural),
                              n, step->argument);
    case PLE_STEP_RESET:
      return g_strdup_printf (ngettext ("Reset %d picture to what the run said",
                                        "Reset %d pictures to what the run said", plural),
                              n);
    default:
      g_assert_not_reached ();
    }
}

static void
entry_free (gpointer data)
{
  PleJournalEntry *entry = data;

  g_free (entry->summary);
  g_free (entry);
}

/* The change of @item in @step, if there is one. */
static gboolean
find_item (const PleStep *step, size_t n_items, size_t item, PleItemChange *change)
{
  PleDiffReader reader;
  PleDiffRun run;

  ple_diff_reader_init (&reader, step->diff, n_items, step->n_ids);
  while (ple_diff_reader_next_run (&reader, &run))
    if (item >= run.first && item - run.first < run.length)
      {
        *change = run.change;
        return TRUE;
      }
  return FALSE;
}

GPtrArray *
ple_curation_dup_history (PleCuration *curation, gint64 item)
{
  GPtrArray *history = g_ptr_array_new_with_free_func (entry_free);
  size_t n_passed = 0;

  g_return_val_if_fail (item < (gint64) curation->n_items, history);

  for (guint i = 0; i < curation->steps->len; i++)
    {
      const PleStep *step = g_ptr_array_index (curation->steps, i);
      PleItemChange change = { .from_label = -1, .to_label = -1 };
      PleJournalEntry *entry;
      gboolean in_effect = FALSE;

      /* Both arrays rise by seq. */
      if (n_passed < curation->n_done && g_ptr_array_index (curation->path, n_passed) == step)
        {
          in_effect = TRUE;
          n_passed++;
        }
      if (item >= 0 && !find_item (step, curation->n_items, (size_t) item, &change))
        continue;
      entry = g_new (PleJournalEntry, 1);
      entry->seq = step->seq;
      entry->time = step->time;
      entry->summary = ple_step_describe (step);
      entry->from = change.from_label;
      entry->to = change.to_label;
      entry->undone = !in_effect;
      g_ptr_array_add (history, entry);
    }
  return history;
}
