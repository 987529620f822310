/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "project/ple-project.h"

#include "base/ple-atomic.h"
#include "base/ple-error.h"
#include "base/ple-json.h"
#include "base/ple-text.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>

#define PROJECT_FILE "project.json"
#define PROJECT_SUFFIX ".pleiades"
#define PROJECT_SCHEMA 1
#define PROJECT_MAX_BYTES (1u * 1024 * 1024)
#define RECENT_FILE "recent.json"
#define RECENT_MAX 20
/* Two data sets of one name get two projects; beyond this many something else is wrong. */
#define SAME_TITLE_MAX 1000

struct _PleProject
{
  GObject parent_instance;
  char *path;
  char *title;
  char *current_run;
  PleDataset *dataset;
  JsonObject *description; /* project.json */
};

G_DEFINE_FINAL_TYPE (PleProject, ple_project, G_TYPE_OBJECT)

static void
ple_project_finalize (GObject *object)
{
  PleProject *project = PLE_PROJECT (object);

  g_free (project->path);
  g_free (project->title);
  g_free (project->current_run);
  g_clear_pointer (&project->dataset, ple_dataset_unref);
  g_clear_pointer (&project->description, json_object_unref);
  G_OBJECT_CLASS (ple_project_parent_class)->finalize (object);
}

static void
ple_project_class_init (PleProjectClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ple_project_finalize;
}

static void
ple_project_init (PleProject *project)
{
}

static JsonObject *
load_description (const char *path, GError **error)
{
  g_autofree char *file = g_build_filename (path, PROJECT_FILE, NULL);
  g_autoptr (JsonNode) node = ple_json_load (file, PROJECT_MAX_BYTES, error);
  JsonObject *object;
  gint64 schema;

  if (node == NULL)
    return NULL;
  object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  schema = object != NULL ? ple_json_get_int (object, "schema", 0) : 0;
  if (schema < 1 || ple_json_get_object (object, "dataset") == NULL)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, _ ("%s: not a project"), file);
      return NULL;
    }
  if (schema > PROJECT_SCHEMA)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED,
                   _ ("%s: made by a newer version of Pleiades; use that one"), file);
      return NULL;
    }
  return json_object_ref (object);
}

static gboolean
save_description (PleProject *project, GError **error)
{
  g_autofree char *file = g_build_filename (project->path, PROJECT_FILE, NULL);
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), project->description);

  return ple_json_save (node, file, error);
}

static JsonObject *
describe_dataset (PleDataset *dataset)
{
  const PleDatasetOptions *options = ple_dataset_get_options (dataset);
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "path", ple_dataset_get_path (dataset));
  json_object_set_string_member (object, "kind", ple_dataset_get_kind (dataset));
  json_object_set_string_member (object, "fingerprint", ple_dataset_get_fingerprint (dataset));
  json_object_set_int_member (object, "n_items", (gint64) ple_dataset_get_n_items (dataset));
  json_object_set_boolean_member (object, "ignore_orientation", options->ignore_orientation);
  json_object_set_boolean_member (object, "ignore_classes", options->ignore_classes);
  json_object_set_boolean_member (object, "coarse_labels", options->coarse_labels);
  json_object_set_string_member (object, "classes_file",
                                 options->classes_file != NULL ? options->classes_file : "");
  json_object_set_string_member (object, "forced_kind", options->kind != NULL ? options->kind : "");
  return object;
}

static const char *
nonempty (JsonObject *object, const char *name)
{
  const char *text = ple_json_get_string (object, name, "");

  return *text != '\0' ? text : NULL;
}

static PleDataset *
open_dataset (JsonObject *object,
              const PleEnvironment *environment,
              PleProgress *progress,
              GError **error)
{
  const PleDatasetOptions options = {
    .ignore_orientation = ple_json_get_bool (object, "ignore_orientation", FALSE),
    .ignore_classes = ple_json_get_bool (object, "ignore_classes", FALSE),
    .classes_file = nonempty (object, "classes_file"),
    .coarse_labels = ple_json_get_bool (object, "coarse_labels", FALSE),
    .kind = nonempty (object, "forced_kind"),
    .cache_dir = environment->cache_dir,
  };

  return ple_dataset_open (ple_json_get_string (object, "path", ""), &options, progress, error);
}

/* Whether the project at @path is of the very same pictures, opened in the same way. How the kind
 * was found out does not matter. */
static gboolean
is_of_dataset (const char *path, PleDataset *dataset)
{
  static const char *const texts[] = { "path", "fingerprint", "classes_file" };
  static const char *const switches[] = { "ignore_orientation", "ignore_classes", "coarse_labels" };
  g_autoptr (JsonObject) description = load_description (path, NULL);
  g_autoptr (JsonObject) own = describe_dataset (dataset);
  JsonObject *recorded = description != NULL ? ple_json_get_object (description, "dataset") : NULL;
  gboolean same = recorded != NULL;

  for (size_t i = 0; i < G_N_ELEMENTS (texts) && same; i++)
    same = strcmp (ple_json_get_string (recorded, texts[i], ""),
                   ple_json_get_string (own, texts[i], "")) == 0;
  for (size_t i = 0; i < G_N_ELEMENTS (switches) && same; i++)
    same = ple_json_get_bool (recorded, switches[i], FALSE) ==
           ple_json_get_bool (own, switches[i], FALSE);
  return same;
}

/* The project of @dataset in the user's folder, or a name that is free there. */
static char *
choose_path (PleDataset *dataset, const PleEnvironment *environment)
{
  g_autofree char *safe = ple_file_name_from (ple_dataset_get_title (dataset));

  for (guint i = 1; i <= SAME_TITLE_MAX; i++)
    {
      g_autofree char *name = i == 1 ? g_strconcat (safe, PROJECT_SUFFIX, NULL)
                                     : g_strdup_printf ("%s-%u" PROJECT_SUFFIX, safe, i);
      g_autofree char *path = g_build_filename (environment->data_dir, "projects", name, NULL);

      if (!g_file_test (path, G_FILE_TEST_EXISTS) || is_of_dataset (path, dataset))
        return g_steal_pointer (&path);
    }
  return NULL;
}

static void
recent_free (gpointer data)
{
  PleRecentProject *recent = data;

  g_free (recent->title);
  g_free (recent->path);
  g_free (recent);
}

GPtrArray *
ple_project_list_recent (const PleEnvironment *environment)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (recent_free);
  g_autofree char *file = g_build_filename (environment->data_dir, RECENT_FILE, NULL);
  g_autoptr (JsonNode) node = ple_json_load (file, PROJECT_MAX_BYTES, NULL);
  JsonArray *array =
      node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      JsonNode *element = json_array_get_element (array, i);
      JsonObject *object = JSON_NODE_HOLDS_OBJECT (element) ? json_node_get_object (element) : NULL;
      const char *path = object != NULL ? ple_json_get_string (object, "path", "") : "";
      PleRecentProject *recent;

      if (*path == '\0')
        continue;
      recent = g_new0 (PleRecentProject, 1);
      recent->path = g_strdup (path);
      recent->title = g_strdup (ple_json_get_string (object, "title", ""));
      recent->time = ple_json_get_int (object, "time", 0);
      recent->missing = !ple_project_is_project (path);
      g_ptr_array_add (list, recent);
    }
  return list;
}

static void
add_recent (JsonArray *array, const char *title, const char *path, gint64 time)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "title", title);
  json_object_set_string_member (object, "path", path);
  json_object_set_int_member (object, "time", time);
  json_array_add_object_element (array, object);
}

/* Writes the list without what is at @path, after @newest (nullable). */
static gboolean
save_recent (const PleEnvironment *environment,
             PleProject *newest,
             const char *path,
             GError **error)
{
  g_autofree char *file = g_build_filename (environment->data_dir, RECENT_FILE, NULL);
  g_autoptr (GPtrArray) list = ple_project_list_recent (environment);
  g_autoptr (JsonArray) array = json_array_new ();
  g_autoptr (JsonNode) node = json_node_init_array (json_node_alloc (), array);

  if (newest != NULL)
    add_recent (array, newest->title, newest->path, g_get_real_time () / G_USEC_PER_SEC);
  for (guint i = 0; i < list->len && json_array_get_length (array) < RECENT_MAX; i++)
    {
      const PleRecentProject *recent = g_ptr_array_index (list, i);

      if (strcmp (recent->path, path) != 0)
        add_recent (array, recent->title, recent->path, recent->time);
    }
  if (g_mkdir_with_parents (environment->data_dir, 0700) != 0)
    {
      int saved = errno;

      g_set_error (error, G_FILE_ERROR, (int) g_file_error_from_errno (saved), "%s: %s",
                   environment->data_dir, g_strerror (saved));
      return FALSE;
    }
  return ple_json_save (node, file, error);
}

/* A list that cannot be written is not worth a failure. */
static void
remember_recent (PleProject *project, const PleEnvironment *environment)
{
  save_recent (environment, project, project->path, NULL);
}

gboolean
ple_project_forget_recent (const PleEnvironment *environment, const char *path, GError **error)
{
  return save_recent (environment, NULL, path, error);
}

/* What killed programs left half-written. */
static void
sweep (const char *path)
{
  static const char *const stages[] = { "features", "neighbours", "runs", "embeddings" };

  ple_atomic_sweep (path);
  for (size_t i = 0; i < G_N_ELEMENTS (stages); i++)
    {
      g_autofree char *folder = g_build_filename (path, stages[i], NULL);

      ple_atomic_sweep (folder);
    }
}

static PleProject *
project_of (const char *path, JsonObject *description, PleDataset *dataset)
{
  PleProject *project = g_object_new (PLE_TYPE_PROJECT, NULL);

  project->path = g_canonicalize_filename (path, NULL);
  project->title = g_strdup (ple_json_get_string (description, "title", ""));
  project->current_run = g_strdup (ple_json_get_string (description, "current_run", ""));
  project->description = json_object_ref (description);
  project->dataset = ple_dataset_ref (dataset);
  sweep (project->path);
  return project;
}

static PleProject *
make_project (const char *path, PleDataset *dataset, GError **error)
{
  g_autoptr (JsonObject) description = json_object_new ();
  g_autoptr (PleProject) project = NULL;
  int saved;

  if (g_mkdir_with_parents (path, 0777) != 0)
    {
      saved = errno;
      g_set_error (error, G_FILE_ERROR, (int) g_file_error_from_errno (saved),
                   _ ("%s: cannot make the project: %s"), path, g_strerror (saved));
      return NULL;
    }
  json_object_set_int_member (description, "schema", PROJECT_SCHEMA);
  json_object_set_string_member (description, "title", ple_dataset_get_title (dataset));
  json_object_set_object_member (description, "dataset", describe_dataset (dataset));
  json_object_set_string_member (description, "current_run", "");
  project = project_of (path, description, dataset);
  return save_description (project, error) ? g_steal_pointer (&project) : NULL;
}

PleProject *
ple_project_new (const char *path,
                 PleDataset *dataset,
                 const PleEnvironment *environment,
                 GError **error)
{
  g_autofree char *chosen = path != NULL ? g_strdup (path) : choose_path (dataset, environment);
  g_autoptr (JsonObject) description = NULL;
  g_autoptr (PleProject) project = NULL;

  if (chosen == NULL)
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST, _ ("too many projects of this name"));
      return NULL;
    }
  if (ple_project_is_project (chosen))
    {
      description = load_description (chosen, error);
      if (description == NULL)
        return NULL;
      if (!is_of_dataset (chosen, dataset))
        {
          g_set_error (
              error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
              _ ("%s: a project of other pictures (%s); choose another place"), chosen,
              ple_json_get_string (ple_json_get_object (description, "dataset"), "path", ""));
          return NULL;
        }
      project = project_of (chosen, description, dataset);
    }
  else
    project = make_project (chosen, dataset, error);
  if (project != NULL)
    remember_recent (project, environment);
  return g_steal_pointer (&project);
}

PleProject *
ple_project_open (const char *path,
                  const PleEnvironment *environment,
                  PleProgress *progress,
                  GError **error)
{
  g_autoptr (JsonObject) description = load_description (path, error);
  g_autoptr (PleDataset) dataset = NULL;
  JsonObject *recorded;
  PleProject *project;
  GError *inner = NULL;

  if (description == NULL)
    return NULL;
  recorded = ple_json_get_object (description, "dataset");
  dataset = open_dataset (recorded, environment, progress, &inner);
  if (dataset == NULL && g_error_matches (inner, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_propagate_error (error, inner);
      return NULL;
    }
  if (dataset == NULL)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
                   _ ("%s: its pictures are not where they were (%s); put them back and open it "
                      "again"),
                   path, inner->message);
      g_error_free (inner);
      return NULL;
    }
  if (strcmp (ple_json_get_string (recorded, "fingerprint", ""),
              ple_dataset_get_fingerprint (dataset)) != 0)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
                   _ ("%s: its pictures in %s have changed since; open that folder anew for "
                      "another project, or put the pictures back"),
                   path, ple_dataset_get_path (dataset));
      return NULL;
    }
  project = project_of (path, description, dataset);
  remember_recent (project, environment);
  return project;
}

gboolean
ple_project_is_project (const char *path)
{
  g_autofree char *file = g_build_filename (path, PROJECT_FILE, NULL);

  return *path != '\0' && g_file_test (file, G_FILE_TEST_IS_REGULAR);
}

const char *
ple_project_get_path (PleProject *project)
{
  return project->path;
}

const char *
ple_project_get_title (PleProject *project)
{
  return project->title;
}

PleDataset *
ple_project_get_dataset (PleProject *project)
{
  return project->dataset;
}

char *
ple_project_build_path (PleProject *project, const char *first, ...)
{
  g_autofree char *rest = NULL;
  va_list elements;

  va_start (elements, first);
  rest = g_build_filename_valist ((char *) first, &elements);
  va_end (elements);
  return g_build_filename (project->path, rest, NULL);
}

typedef struct
{
  char *key;
  gint64 time;
} ListedRun;

static gint
compare_runs (gconstpointer a, gconstpointer b)
{
  const ListedRun *x = a, *y = b;

  return x->time != y->time ? (x->time < y->time ? -1 : 1) : strcmp (x->key, y->key);
}

char **
ple_project_list_runs (PleProject *project)
{
  g_autofree char *folder = g_build_filename (project->path, "runs", NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  g_autoptr (GArray) runs = g_array_new (FALSE, FALSE, sizeof (ListedRun));
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      /* Written once, when the run was finished; config.json may be rewritten. */
      g_autofree char *results = g_build_filename (folder, name, "predictions.npz", NULL);
      GStatBuf info;

      if (name[0] != '.' && g_stat (results, &info) == 0)
        {
          ListedRun run = { g_strdup (name),
                            (gint64) info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec };

          g_array_append_val (runs, run);
        }
    }
  g_array_sort (runs, compare_runs);
  for (guint i = 0; i < runs->len; i++)
    {
      g_strv_builder_add (builder, g_array_index (runs, ListedRun, i).key);
      g_free (g_array_index (runs, ListedRun, i).key);
    }
  return g_strv_builder_end (builder);
}

const char *
ple_project_get_current_run (PleProject *project)
{
  return project->current_run;
}

gboolean
ple_project_set_current_run (PleProject *project, const char *key, GError **error)
{
  if (strcmp (project->current_run, key) == 0)
    return TRUE;
  g_free (project->current_run);
  project->current_run = g_strdup (key);
  json_object_set_string_member (project->description, "current_run", key);
  return save_description (project, error);
}
