/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "curate/ple-decided-private.h"

#include "base/ple-error.h"
#include "curate/ple-pseudo-labels.h"

#include <glib/gi18n-lib.h>
#include <math.h>

const char *
ple_split_to_text (PleSplit split)
{
  static const char *const texts[] = {
    [PLE_SPLIT_TRAIN] = "train",
    [PLE_SPLIT_VALIDATION] = "validation",
    [PLE_SPLIT_TEST] = "test",
  };

  return texts[split];
}

const char *
ple_state_to_text (PleState state)
{
  static const char *const texts[PLE_N_STATES] = {
    [PLE_STATE_AUTO] = "auto",         [PLE_STATE_CONFIRMED] = "confirmed",
    [PLE_STATE_UNSURE] = "unsure",     [PLE_STATE_EXCLUDED] = "excluded",
    [PLE_STATE_CONFLICT] = "conflict",
  };

  return texts[state];
}

/* Names that are equal for a person. (transfer full) */
static char *
fold (const char *name)
{
  g_autofree char *normal = g_utf8_normalize (name, -1, G_NORMALIZE_DEFAULT_COMPOSE);

  /* A folder's name need not be text. */
  return normal != NULL ? g_utf8_casefold (normal, -1) : g_strdup (name);
}

static void
give_names (PleDecided *decided, const PleCurated *curated)
{
  g_autoptr (GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  size_t n_classes = ple_dataset_get_n_classes (curated->dataset);

  for (size_t i = 0; i < n_classes; i++)
    {
      const char *name = ple_dataset_get_class_name (curated->dataset, i);
      g_autofree char *folded = fold (name);

      g_ptr_array_add (decided->label_names, g_strdup (name));
      if (!g_hash_table_contains (known, folded))
        g_hash_table_insert (known, g_steal_pointer (&folded), GSIZE_TO_POINTER (i));
    }
  for (size_t id = 0; id < decided->n_ids; id++)
    {
      PleClusterInfo info = ple_curation_get_cluster (curated->curation, (gint32) id);
      g_autofree char *folded = fold (info.name);
      gpointer label;

      if (!info.alive || info.name[0] == '\0')
        continue;
      if (!g_hash_table_lookup_extended (known, folded, NULL, &label))
        {
          label = GSIZE_TO_POINTER (decided->label_names->len);
          g_ptr_array_add (decided->label_names, g_strdup (info.name));
          g_hash_table_insert (known, g_steal_pointer (&folded), label);
        }
      decided->label[id] = (gint32) GPOINTER_TO_SIZE (label);
      decided->confidence[id] = 1;
    }
}

/* --- the vote ------------------------------------------------------------------------------ */

/* Clusters of the pictures that may vote: training, not excluded, in a cluster without a name. */
static PleLabels *
find_voters (const PleDecided *decided, const PleCurated *curated)
{
  size_t n = ple_curation_get_n_items (curated->curation);
  const gint32 *labels = ple_curation_get_labels (curated->curation);
  PleLabels *voters = ple_labels_new (n);

  for (size_t i = 0; i < n; i++)
    if (labels[i] >= 0 && decided->label[labels[i]] < 0 && ple_curated_is_exported (curated, i) &&
        ple_dataset_get_split (curated->dataset, i) == PLE_SPLIT_TRAIN)
      voters->data[i] = labels[i];
  return voters;
}

/* Mean of the members, each of length one; zero where there are none. */
static PleMatrix *
make_centres (const PleMatrix *features, const PleLabels *members, size_t n_ids, GError **error)
{
  size_t d = features->n_cols;
  g_autofree size_t *sizes = ple_labels_count (members, n_ids);
  g_autofree double *sums = NULL;
  PleMatrix *centres = ple_matrix_new (n_ids, d, error);

  if (centres == NULL)
    return NULL;
  sums = g_new0 (double, MAX (n_ids * d, 1));
  for (size_t i = 0; i < features->n_rows; i++)
    {
      const float *x = ple_matrix_row (features, i);
      double length = 0, *sum;

      if (members->data[i] < 0)
        continue;
      for (size_t f = 0; f < d; f++)
        length += (double) x[f] * (double) x[f];
      length = sqrt (length);
      sum = sums + (size_t) members->data[i] * d;
      for (size_t f = 0; f < d && length > 0; f++)
        sum[f] += (double) x[f] / length;
    }
  for (size_t j = 0; j < n_ids; j++)
    for (size_t f = 0; f < d && sizes[j] > 0; f++)
      ple_matrix_row (centres, j)[f] = (float) (sums[j * d + f] / (double) sizes[j]);
  return centres;
}

static gboolean
hold_vote (PleDecided *decided, const PleCurated *curated, PleProgress *progress, GError **error)
{
  g_autoptr (PleLabels) voters = find_voters (decided, curated);
  g_autoptr (PleMatrix) centres = NULL;
  g_autoptr (PlePseudoLabels) votes = NULL;

  if (ple_labels_get_n_groups (voters) == 0)
    return TRUE;
  centres = make_centres (curated->features, voters, decided->n_ids, error);
  if (centres == NULL)
    return FALSE;
  votes = ple_pseudo_labels_new (curated->features, centres, voters, decided->truth, NULL,
                                 MAX (curated->k_samples, 1), progress, error);
  if (votes == NULL)
    return FALSE;
  for (size_t id = 0; id < decided->n_ids; id++)
    if (votes->cluster_label[id] >= 0)
      {
        decided->label[id] = votes->cluster_label[id];
        decided->confidence[id] = votes->cluster_confidence[id];
      }
  return TRUE;
}

PleDecided *
ple_decided_new (const PleCurated *curated, PleProgress *progress, GError **error)
{
  g_autoptr (PleDecided) decided = g_new0 (PleDecided, 1);
  size_t n = ple_curation_get_n_items (curated->curation);

  if (n != ple_dataset_get_n_items (curated->dataset) ||
      (curated->features != NULL && curated->features->n_rows != n) ||
      (curated->confidence != NULL && curated->confidence->n_rows != n))
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
                   _ ("the decisions are about %zu pictures, the data set has %zu"), n,
                   ple_dataset_get_n_items (curated->dataset));
      return NULL;
    }
  decided->n_ids = ple_curation_get_n_ids (curated->curation);
  decided->label = g_new (gint32, MAX (decided->n_ids, 1));
  decided->name = g_new0 (char *, decided->n_ids + 1);
  decided->confidence = g_new0 (float, MAX (decided->n_ids, 1));
  decided->label_names = g_ptr_array_new_with_free_func (g_free);
  if (ple_dataset_get_n_classes (curated->dataset) > 0)
    decided->truth = ple_dataset_get_labels (curated->dataset);
  for (size_t id = 0; id < decided->n_ids; id++)
    decided->label[id] = -1;
  give_names (decided, curated);
  if (decided->truth != NULL && curated->features != NULL &&
      !hold_vote (decided, curated, progress, error))
    return NULL;
  for (size_t id = 0; id < decided->n_ids; id++)
    decided->name[id] =
        decided->label[id] >= 0
            ? g_strdup (g_ptr_array_index (decided->label_names, (guint) decided->label[id]))
            : g_strdup_printf ("cluster-%zu", id);
  return g_steal_pointer (&decided);
}

void
ple_decided_free (PleDecided *decided)
{
  if (decided == NULL)
    return;
  g_free (decided->label);
  g_strfreev (decided->name);
  g_free (decided->confidence);
  g_clear_pointer (&decided->label_names, g_ptr_array_unref);
  g_free (decided);
}
