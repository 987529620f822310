/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "curate/ple-tables.h"

#include "base/ple-atomic.h"
#include "base/ple-text.h"
#include "curate/ple-decided-private.h"
#include "curate/ple-rows-private.h"

#include <glib/gi18n-lib.h>
#include <stdio.h>

/* --- pictures ------------------------------------------------------------------------------ */

gboolean
ple_curated_write_csv (const PleCurated *curated, const char *path, GError **error)
{
  g_autoptr (PleDecided) decided = ple_decided_new (curated, NULL, error);
  g_autoptr (PleAtomicFile) file = NULL;
  g_autoptr (GPtrArray) names = NULL, classes = NULL;
  const gint32 *labels = ple_curation_get_labels (curated->curation);
  const guint8 *states = ple_curation_get_states (curated->curation);
  FILE *out;

  file = decided != NULL ? ple_atomic_file_begin (path, error) : NULL;
  if (file == NULL)
    return FALSE;
  out = ple_atomic_file_get_stream (file);
  names = ple_rows_quote ((const char *const *) decided->name, decided->n_ids);
  classes =
      ple_rows_quote ((const char *const *) decided->label_names->pdata, decided->label_names->len);
  fputs ("sample_idx,image_path,split,cluster_id,pseudo_label,pseudo_label_name,state,"
         "confidence_score,true_label,true_label_name,is_correct\n",
         out);
  for (size_t i = 0; i < ple_curation_get_n_items (curated->curation); i++)
    {
      g_autofree char *name = NULL, *quoted = NULL;
      gint32 class = decided->truth != NULL ? decided->truth->data[i] : -1;
      gint32 label = labels[i] >= 0 ? decided->label[labels[i]] : -1;

      if (!ple_curated_is_exported (curated, i))
        continue;
      name = ple_dataset_dup_item_name (curated->dataset, i);
      quoted = ple_csv_quote (name);
      fprintf (out, "%zu,%s,%s,%d,%d,%s,%s,", ple_dataset_get_index_in_split (curated->dataset, i),
               quoted, ple_split_to_text (ple_dataset_get_split (curated->dataset, i)), labels[i],
               label, ple_rows_get (names, labels[i]), ple_state_to_text ((PleState) states[i]));
      ple_rows_put_decimal (out, ple_curated_get_confidence (curated, i));
      fprintf (out, ",%d,%s,%s\n", class, ple_rows_get (classes, class),
               class < 0 ? "" : (class == label ? "1" : "0"));
    }
  return ple_atomic_file_commit (g_steal_pointer (&file), error);
}

/* --- clusters ------------------------------------------------------------------------------ */

/* Of the pictures that are exported: how many a cluster has with a class, and how many with that
 * of its label. */
static void
count_correct (const PleCurated *curated,
               const PleDecided *decided,
               size_t *n_known,
               size_t *n_correct)
{
  const gint32 *labels = ple_curation_get_labels (curated->curation);

  for (size_t i = 0; decided->truth != NULL && i < decided->truth->n; i++)
    if (labels[i] >= 0 && decided->truth->data[i] >= 0 && ple_curated_is_exported (curated, i))
      {
        n_known[labels[i]]++;
        n_correct[labels[i]] += decided->truth->data[i] == decided->label[labels[i]];
      }
}

gboolean
ple_curated_write_mapping (const PleCurated *curated, const char *path, GError **error)
{
  g_autoptr (PleDecided) decided = ple_decided_new (curated, NULL, error);
  g_autoptr (PleAtomicFile) file = NULL;
  g_autoptr (GPtrArray) names = NULL;
  g_autofree size_t *n_known = NULL, *n_correct = NULL;
  FILE *out;

  file = decided != NULL ? ple_atomic_file_begin (path, error) : NULL;
  if (file == NULL)
    return FALSE;
  out = ple_atomic_file_get_stream (file);
  names = ple_rows_quote ((const char *const *) decided->name, decided->n_ids);
  n_known = g_new0 (size_t, MAX (decided->n_ids, 1));
  n_correct = g_new0 (size_t, MAX (decided->n_ids, 1));
  count_correct (curated, decided, n_known, n_correct);
  fputs ("cluster_id,pseudo_label,cluster_size,cluster_accuracy,confidence,pseudo_label_name\n",
         out);
  for (size_t id = 0; id < decided->n_ids; id++)
    {
      PleClusterInfo info = ple_curation_get_cluster (curated->curation, (gint32) id);

      if (!info.alive)
        continue;
      fprintf (out, "%zu,%d,%zu,", id, decided->label[id], info.size);
      if (decided->truth != NULL)
        ple_rows_put_decimal (out,
                              n_known[id] > 0 ? (double) n_correct[id] / (double) n_known[id] : 0);
      fputc (',', out);
      ple_rows_put_decimal (out, (double) decided->confidence[id]);
      fprintf (out, ",%s\n", ple_rows_get (names, (gint64) id));
    }
  return ple_atomic_file_commit (g_steal_pointer (&file), error);
}

/* --- JSON ---------------------------------------------------------------------------------- */

static void
put_json_head (FILE *out, const PleCurated *curated, const PleDecided *decided)
{
  fputs ("{\n  \"dataset\": ", out);
  ple_rows_put_json_string (out, ple_dataset_get_title (curated->dataset));
  fputs (",\n  \"fingerprint\": ", out);
  ple_rows_put_json_string (out, ple_dataset_get_fingerprint (curated->dataset));
  fprintf (out, ",\n  \"k_samples\": %zu,\n  \"num_decisions\": %zu,\n  \"states\": {",
           curated->k_samples, ple_curation_get_n_decisions (curated->curation));
  for (int state = 0; state < PLE_N_STATES; state++)
    fprintf (out, "%s\"%s\": %zu", state > 0 ? ", " : "", ple_state_to_text ((PleState) state),
             ple_curation_count_state (curated->curation, (PleState) state));
  fputs ("},\n  \"label_names\": [", out);
  for (guint i = 0; i < decided->label_names->len; i++)
    {
      fputs (i > 0 ? ", " : "", out);
      ple_rows_put_json_string (out, g_ptr_array_index (decided->label_names, i));
    }
  fputs ("],\n", out);
}

static void
put_json_clusters (FILE *out, const PleCurated *curated, const PleDecided *decided)
{
  const char *separator = "";

  fputs ("  \"clusters\": [", out);
  for (size_t id = 0; id < decided->n_ids; id++)
    {
      PleClusterInfo info = ple_curation_get_cluster (curated->curation, (gint32) id);

      if (!info.alive)
        continue;
      fprintf (out, "%s\n    {\"cluster_id\": %zu, \"name\": ", separator, id);
      ple_rows_put_json_string (out, info.name);
      fprintf (out, ", \"pseudo_label\": %d, \"pseudo_label_name\": ", decided->label[id]);
      ple_rows_put_json_string (out, decided->name[id]);
      fprintf (out, ", \"cluster_size\": %zu, \"num_confirmed\": %zu, \"confidence\": ", info.size,
               info.n_confirmed);
      ple_rows_put_json_number (out, (double) decided->confidence[id]);
      fputc ('}', out);
      separator = ",";
    }
  fputs ("\n  ],\n", out);
}

static void
put_json_items (FILE *out, const PleCurated *curated, const PleDecided *decided)
{
  const gint32 *labels = ple_curation_get_labels (curated->curation);
  const guint8 *states = ple_curation_get_states (curated->curation);
  const char *separator = "";

  fputs ("  \"items\": [", out);
  for (size_t i = 0; i < ple_curation_get_n_items (curated->curation); i++)
    {
      g_autofree char *name = NULL;
      gint32 class = decided->truth != NULL ? decided->truth->data[i] : -1;

      if (!ple_curated_is_exported (curated, i))
        continue;
      name = ple_dataset_dup_item_name (curated->dataset, i);
      fprintf (out, "%s\n    {\"sample_idx\": %zu, \"image_path\": ", separator,
               ple_dataset_get_index_in_split (curated->dataset, i));
      ple_rows_put_json_string (out, name);
      fprintf (out,
               ", \"split\": \"%s\", \"cluster_id\": %d, \"pseudo_label\": %d, \"state\": \"%s\", "
               "\"confidence_score\": ",
               ple_split_to_text (ple_dataset_get_split (curated->dataset, i)), labels[i],
               labels[i] >= 0 ? decided->label[labels[i]] : -1,
               ple_state_to_text ((PleState) states[i]));
      ple_rows_put_json_number (out, ple_curated_get_confidence (curated, i));
      fprintf (out, ", \"true_label\": %d}", class);
      separator = ",";
    }
  fputs ("\n  ]\n}\n", out);
}

gboolean
ple_curated_write_json (const PleCurated *curated, const char *path, GError **error)
{
  g_autoptr (PleDecided) decided = ple_decided_new (curated, NULL, error);
  g_autoptr (PleAtomicFile) file = NULL;
  FILE *out;

  file = decided != NULL ? ple_atomic_file_begin (path, error) : NULL;
  if (file == NULL)
    return FALSE;
  out = ple_atomic_file_get_stream (file);
  put_json_head (out, curated, decided);
  put_json_clusters (out, curated, decided);
  put_json_items (out, curated, decided);
  return ple_atomic_file_commit (g_steal_pointer (&file), error);
}

/* --- readiness ----------------------------------------------------------------------------- */

static size_t
count_unnamed (PleCuration *curation)
{
  size_t n = 0;

  for (size_t id = 0; id < ple_curation_get_n_ids (curation); id++)
    {
      PleClusterInfo info = ple_curation_get_cluster (curation, (gint32) id);

      n += info.alive && info.size > 0 && info.name[0] == '\0';
    }
  return n;
}

static size_t
count_homeless (const PleCurated *curated)
{
  const gint32 *labels = ple_curation_get_labels (curated->curation);
  size_t n = 0;

  for (size_t i = 0; i < ple_curation_get_n_items (curated->curation); i++)
    n += labels[i] < 0 && ple_curated_is_exported (curated, i);
  return n;
}

GPtrArray *
ple_curated_list_readiness (const PleCurated *curated)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (g_free);
  int unnamed = (int) count_unnamed (curated->curation);
  int homeless = (int) count_homeless (curated);
  int unsure = (int) ple_curation_count_state (curated->curation, PLE_STATE_UNSURE);
  int conflicts = (int) ple_curation_count_state (curated->curation, PLE_STATE_CONFLICT);
  int unreviewed = (int) ple_curation_count_state (curated->curation, PLE_STATE_AUTO);

  if (unnamed > 0)
    g_ptr_array_add (list, g_strdup_printf (ngettext ("%d cluster has no name",
                                                      "%d clusters have no name", (gulong) unnamed),
                                            unnamed));
  if (homeless > 0)
    g_ptr_array_add (list,
                     g_strdup_printf (ngettext ("%d picture is in no cluster",
                                                "%d pictures are in no cluster", (gulong) homeless),
                                      homeless));
  if (unsure > 0)
    g_ptr_array_add (
        list, g_strdup_printf (ngettext ("%d picture is marked as unsure",
                                         "%d pictures are marked as unsure", (gulong) unsure),
                               unsure));
  if (conflicts > 0)
    g_ptr_array_add (list, g_strdup_printf (ngettext ("%d picture has decisions in conflict",
                                                      "%d pictures have decisions in conflict",
                                                      (gulong) conflicts),
                                            conflicts));
  if (unreviewed > 0)
    g_ptr_array_add (
        list, g_strdup_printf (ngettext ("%d picture was not looked at",
                                         "%d pictures were not looked at", (gulong) unreviewed),
                               unreviewed));
  return list;
}
