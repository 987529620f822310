/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "project/ple-run-list.h"

#include "base/ple-json.h"
#include "project/ple-stages-private.h"

#include <glib/gstdio.h>
#include <math.h>

#define RESULTS_MAX ((size_t) 16 << 20)

void
ple_run_summary_free (PleRunSummary *summary)
{
  g_free (summary->key);
  g_object_unref (summary->recipe);
  g_free (summary);
}

/* Scores stand in results.json as fractions; those that need a truth that is not there do not. */
static void
read_results (PleRunSummary *summary, const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "results.json", NULL);
  g_autoptr (JsonNode) node = ple_json_load (path, RESULTS_MAX, NULL);
  JsonObject *results =
      node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  JsonObject *scores = results != NULL ? ple_json_get_object (results, "training") : NULL;

  summary->accuracy = summary->nmi = NAN;
  if (results != NULL)
    summary->n_clusters = (size_t) MAX (ple_json_get_int (results, "num_clusters", 0), 0);
  if (scores == NULL)
    return;
  summary->accuracy = ple_json_get_double (scores, "accuracy", (double) NAN);
  summary->nmi = ple_json_get_double (scores, "nmi", (double) NAN);
}

static PleRunSummary *
load_summary (const char *project_path, const char *key)
{
  g_autofree char *folder = g_build_filename (project_path, "runs", key, NULL);
  g_autofree char *made = g_build_filename (folder, "predictions.npz", NULL);
  g_autoptr (JsonObject) config = ple_stages_load_config (folder, "runs", NULL);
  g_autoptr (PleRecipe) recipe = NULL;
  PleRunSummary *summary;
  GStatBuf info;

  if (config == NULL)
    return NULL;
  recipe = ple_recipe_new ();
  if (!ple_recipe_from_json (recipe, config, NULL))
    return NULL;
  summary = g_new0 (PleRunSummary, 1);
  summary->key = g_strdup (key);
  summary->recipe = g_steal_pointer (&recipe);
  read_results (summary, folder);
  if (g_stat (made, &info) == 0)
    summary->time = (gint64) info.st_mtim.tv_sec * G_USEC_PER_SEC + info.st_mtim.tv_nsec / 1000;
  return summary;
}

GPtrArray *
ple_run_list_load (const char *project_path, char *const *keys)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) ple_run_summary_free);

  for (size_t i = 0; keys[i] != NULL; i++)
    {
      PleRunSummary *summary = load_summary (project_path, keys[i]);

      if (summary != NULL)
        g_ptr_array_add (list, summary);
    }
  return list;
}
