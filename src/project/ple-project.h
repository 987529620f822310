/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-environment.h"
#include "curate/ple-tables.h"
#include "evaluate/ple-metrics.h"
#include "project/ple-recipe.h"

G_BEGIN_DECLS

/**
 * PleProject:
 *
 * A folder NAME.pleiades on disk (ARCHITECTURE.md 5): a data set with what was computed and decided
 * about it. Main-thread object; what workers need of it is handed over frozen. What has been
 * computed is found again by key.
 */
#define PLE_TYPE_PROJECT (ple_project_get_type ())
G_DECLARE_FINAL_TYPE (PleProject, ple_project, PLE, PROJECT, GObject)

/**
 * ple_project_new:
 * @path: (nullable): the folder to make, %NULL for one named after the data set in the user's data
 * folder (an existing project of the same data set there is opened again)
 * @dataset: the pictures; kept
 * @environment: constant: where projects and the list of recent ones lie
 *
 * A project that stands at @path is opened if it is of the same pictures;
 * %PLE_FILE_ERROR_MISMATCH otherwise.
 */
PleProject *ple_project_new (const char *path,
                             PleDataset *dataset,
                             const PleEnvironment *environment,
                             GError **error);
/* The data set is opened from the path that project.json names, with the options it was opened with
 * before. If it has moved away or changed: PLE_FILE_ERROR_MISMATCH, whose message says what to do.
 */
PleProject *ple_project_open (const char *path,
                              const PleEnvironment *environment,
                              PleProgress *progress,
                              GError **error);
/* Whether @path is a project folder. */
gboolean ple_project_is_project (const char *path);

const char *ple_project_get_path (PleProject *project);
const char *ple_project_get_title (PleProject *project);
PleDataset *ple_project_get_dataset (PleProject *project);
/* Path below the project, parents not made. (transfer full) */
char *ple_project_build_path (PleProject *project, const char *first, ...) G_GNUC_NULL_TERMINATED;
/* Keys of the finished runs, oldest first. (transfer full) */
char **ple_project_list_runs (PleProject *project);
/* The run shown last, "" if none. */
const char *ple_project_get_current_run (PleProject *project);
gboolean ple_project_set_current_run (PleProject *project, const char *key, GError **error);

/**
 * PleRecentProject:
 * @time: when it was opened last, seconds since 1970
 * @missing: there is no project at @path any more: it has moved or was deleted
 *
 * Projects opened lately, newest first, for the welcome page. Kept in the environment's data
 * folder.
 */
typedef struct
{
  char *title;
  char *path;
  gint64 time;
  gboolean missing;
} PleRecentProject;
GPtrArray *ple_project_list_recent (const PleEnvironment *environment);
/* Takes @path from that list; the project itself stays. Nothing happens if it is not there. */
gboolean
ple_project_forget_recent (const PleEnvironment *environment, const char *path, GError **error);

G_END_DECLS
