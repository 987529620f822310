/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/ple-cli.h"

#include "base/ple-atomic.h"
#include "base/ple-error.h"
#include "base/ple-text.h"
#include "features/ple-clip-text.h"
#include "features/ple-model-store.h"
#include "linalg/ple-array-file.h"
#include "project/ple-names.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

typedef struct
{
  char *features;
  char *labels;
  char *model;
  char *vocabulary;
  int top;
  bool distinct;
  char *output;
} NameOptions;

/* clang-format off */
static const PleParam name_params[] = {
  PLE_STRING (NameOptions, features, "features", N_("Features"), "",
              .blurb = N_("Vectors of the pictures by the same CLIP model: .npy, .npz or .csv.")),
  PLE_STRING (NameOptions, labels, "labels", N_("Clusters"), "",
              .blurb = N_("Cluster of each row: .npy, .npz, .csv or text; -1 belongs to none.")),
  PLE_STRING (NameOptions, model, "model", N_("Model"), "clip",
              .aliases = "clip_model", .blurb = N_("CLIP model: its name, or its folder.")),
  PLE_STRING (NameOptions, vocabulary, "vocabulary", N_("Vocabulary"), "",
              .blurb = N_("Text file with a name a line; without one about 1 500 English nouns.")),
  PLE_INT    (NameOptions, top, "top", N_("Names"), 5, 1, 1000,
              .blurb = N_("Names per cluster.")),
  PLE_BOOL   (NameOptions, distinct, "distinct", N_("Distinct"), false,
              .blurb = N_("Give each cluster a first name that no other has.")),
  PLE_STRING (NameOptions, output, "output", N_("Output"), "",
              .blurb = N_("CSV file for cluster, rank, name, cosine and share.")),
  PLE_PARAM_END
};
/* clang-format on */

/* Vectors of the names, and the model's scale of cosines. */
static PleMatrix *
encode_words (PleCli *cli, char **words, double *scale, PleProgress *progress, GError **error)
{
  const NameOptions *options = ple_cli_get_options (cli);
  g_autoptr (PleModelStore) store = ple_model_store_new (cli->environment);
  g_autoptr (PleModelFolder) folder = ple_model_store_resolve (store, options->model, error);
  g_autoptr (PleClipText) model =
      folder != NULL ? ple_clip_text_open (folder->path, progress, error) : NULL;

  if (model == NULL)
    return NULL;
  *scale = ple_clip_text_get_scale (model);
  return ple_clip_text_encode_names (model, (const char *const *) words, g_strv_length (words),
                                     progress, error);
}

static gboolean
write_csv (const char *path,
           char **words,
           size_t n_clusters,
           size_t n_top,
           const PleNameProposal *proposals,
           GError **error)
{
  g_autoptr (GString) text = g_string_new ("cluster,rank,name,cosine,share\n");

  for (size_t p = 0; p < n_clusters * n_top; p++)
    if (proposals[p].word != PLE_NO_WORD)
      {
        g_autofree char *name = ple_csv_quote (words[proposals[p].word]);
        char cosine[G_ASCII_DTOSTR_BUF_SIZE], share[G_ASCII_DTOSTR_BUF_SIZE];

        g_ascii_formatd (cosine, sizeof cosine, "%.6f", (double) proposals[p].cosine);
        g_ascii_formatd (share, sizeof share, "%.6f", (double) proposals[p].share);
        g_string_append_printf (text, "%zu,%zu,%s,%s,%s\n", p / n_top, p % n_top + 1, name, cosine,
                                share);
      }
  return ple_atomic_write (path, text->str, text->len, error);
}

static JsonArray *
describe (char **words, size_t n_clusters, size_t n_top, const PleNameProposal *proposals)
{
  JsonArray *clusters = json_array_new ();

  for (size_t j = 0; j < n_clusters; j++)
    {
      JsonObject *cluster = json_object_new ();
      JsonArray *names = json_array_new ();

      json_object_set_int_member (cluster, "cluster", (gint64) j);
      for (size_t i = 0; i < n_top; i++)
        {
          const PleNameProposal *proposal = &proposals[j * n_top + i];
          JsonObject *name;

          if (proposal->word == PLE_NO_WORD)
            continue;
          name = json_object_new ();
          json_object_set_string_member (name, "name", words[proposal->word]);
          json_object_set_double_member (name, "cosine", (double) proposal->cosine);
          json_object_set_double_member (name, "share", (double) proposal->share);
          json_array_add_object_element (names, name);
        }
      json_object_set_array_member (cluster, "names", names);
      json_array_add_object_element (clusters, cluster);
    }
  return clusters;
}

static void
print_text (char **words, size_t n_clusters, size_t n_top, const PleNameProposal *proposals)
{
  for (size_t j = 0; j < n_clusters; j++)
    {
      printf ("%4zu ", j);
      for (size_t i = 0; i < n_top && proposals[j * n_top + i].word != PLE_NO_WORD; i++)
        printf ("%s %s (%.3f)", i > 0 ? "," : "", words[proposals[j * n_top + i].word],
                (double) proposals[j * n_top + i].cosine);
      printf ("\n");
    }
}

static gboolean
run_name_clusters (PleCli *cli, GError **error)
{
  const NameOptions *options = ple_cli_get_options (cli);
  g_auto (PleCliClock) clock = ple_cli_clock_start ();
  g_autoptr (PleProgress) encoding =
      ple_progress_new_stage (cli->progress, _ ("Vocabulary"), 0, 0.9);
  g_autoptr (PleProgress) scoring = ple_progress_new_stage (cli->progress, _ ("Names"), 0.9, 1);
  g_autoptr (PleMatrix) features = NULL;
  g_autoptr (PleLabels) labels = NULL;
  g_autoptr (PleMatrix) vectors = NULL;
  g_auto (GStrv) words = NULL;
  g_autofree PleNameProposal *proposals = NULL;
  g_autoptr (JsonObject) object = json_object_new ();
  size_t n_clusters, n_top;
  double scale;

  if (!ple_cli_require (cli, "features", error) || !ple_cli_require (cli, "labels", error))
    return FALSE;
  features = ple_features_read (options->features, error);
  labels = features != NULL ? ple_labels_read (options->labels, error) : NULL;
  if (labels == NULL)
    return FALSE;
  n_clusters = ple_labels_get_n_groups (labels);
  /* Ids far beyond the number of rows are no clusters but a mistaken file. */
  if (n_clusters == 0 || n_clusters > MAX (labels->n, 100000))
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT,
                   _ ("%s: expected clusters from 0 on, found %zu of them for %zu rows"),
                   options->labels, n_clusters, labels->n);
      return FALSE;
    }
  words = *options->vocabulary != '\0' ? ple_vocabulary_load (options->vocabulary, error)
                                       : ple_vocabulary_get_default ();
  if (words == NULL)
    return FALSE;
  ple_cli_clock_mark (&clock, "read");
  vectors = encode_words (cli, words, &scale, encoding, error);
  if (vectors == NULL)
    return FALSE;
  ple_cli_clock_mark (&clock, "encode");
  n_top = MIN ((size_t) options->top, vectors->n_rows);
  proposals = g_new (PleNameProposal, n_clusters * n_top);
  if (!ple_names_propose (features, labels, n_clusters, vectors, scale, n_top, options->distinct,
                          proposals, scoring, error) ||
      (*options->output != '\0' &&
       !write_csv (options->output, words, n_clusters, n_top, proposals, error)))
    return FALSE;
  ple_cli_clock_mark (&clock, "name");
  json_object_set_string_member (object, "command", "name-clusters");
  json_object_set_int_member (object, "num_clusters", (gint64) n_clusters);
  json_object_set_int_member (object, "num_words", (gint64) vectors->n_rows);
  json_object_set_array_member (object, "clusters", describe (words, n_clusters, n_top, proposals));
  ple_cli_clock_finish (&clock, object);
  if (ple_cli_wants_json (cli))
    ple_cli_print_json (object);
  else
    print_text (words, n_clusters, n_top, proposals);
  return TRUE;
}

const PleCommand ple_command_name_clusters = {
  .name = "name-clusters",
  .arguments = "--features FILE --labels FILE --model CLIP [OPTION…]",
  .summary = N_ ("names for clusters out of a vocabulary, by CLIP"),
  .params = name_params,
  .params_size = sizeof (NameOptions),
  .run = run_name_clusters,
};
