/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "project/ple-recipe.h"

G_BEGIN_DECLS

/**
 * PleRunSummary:
 * @key: of the run
 * @recipe: as it was run
 * @n_clusters: that came of it
 * @accuracy: of the pictures that the method was fitted on, as the run left them; NaN without true
 * classes
 * @nmi: the same
 * @time: when it was finished, microseconds since 1970
 *
 * A finished run of a project, as a list shows it: without its arrays.
 */
typedef struct
{
  char *key;
  PleRecipe *recipe;
  size_t n_clusters;
  double accuracy;
  double nmi;
  gint64 time;
} PleRunSummary;

void ple_run_summary_free (PleRunSummary *summary);

/**
 * ple_run_list_load:
 * @project_path: folder of a project
 * @keys: (array zero-terminated=1): as ple_project_list_runs() gives them
 *
 * Reads two small files of each run. One whose description cannot be read is left out: it could not
 * be shown either. Any thread.
 *
 * Returns: (transfer full) (element-type PleRunSummary): in the order of @keys
 */
GPtrArray *ple_run_list_load (const char *project_path, char *const *keys);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleRunSummary, ple_run_summary_free)

G_END_DECLS
