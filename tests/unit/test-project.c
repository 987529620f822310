/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-atomic.h"
#include "base/ple-error.h"
#include "project/ple-project.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct
{
  char *folder;
  PleEnvironment environment;
  PleDataset *dataset;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("ple-project-XXXXXX", NULL);
  fixture->environment.data_dir = fixture->folder;
  fixture->environment.cache_dir = fixture->folder;
  fixture->dataset = ple_sample_dataset_new (120, 1);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ple_dataset_unref (fixture->dataset);
  g_assert_true (ple_remove_recursively (fixture->folder, NULL));
  g_free (fixture->folder);
}

static void
test_same_pictures_same_project (Fixture *fixture, gconstpointer data)
{
  const PleDatasetOptions hidden = { .ignore_classes = TRUE };
  g_autoptr (GError) error = NULL;
  g_autoptr (PleProject) first =
      ple_project_new (NULL, fixture->dataset, &fixture->environment, &error);
  g_autoptr (PleProject) again =
      ple_project_new (NULL, fixture->dataset, &fixture->environment, &error);
  g_autoptr (PleDataset) other = ple_sample_dataset_new (144, 1);
  g_autoptr (PleProject) third = ple_project_new (NULL, other, &fixture->environment, &error);
  g_autoptr (PleDataset) unlabelled = ple_dataset_open ("sample:120:1", &hidden, NULL, &error);
  g_autoptr (PleProject) fourth = ple_project_new (NULL, unlabelled, &fixture->environment, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (ple_project_get_path (first), ==, ple_project_get_path (again));
  g_assert_cmpstr (ple_project_get_path (first), !=, ple_project_get_path (third));
  g_assert_cmpstr (ple_project_get_path (first), !=, ple_project_get_path (fourth));
  g_assert_true (g_str_has_suffix (ple_project_get_path (first), ".pleiades"));
  g_assert_true (ple_project_is_project (ple_project_get_path (first)));
  g_assert_false (ple_project_is_project (fixture->folder));
}

static void
test_opens_again (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (fixture->folder, "mine.pleiades", NULL);
  g_autoptr (PleProject) made =
      ple_project_new (path, fixture->dataset, &fixture->environment, &error);
  g_autoptr (PleProject) opened = NULL;

  g_assert_no_error (error);
  g_assert_true (ple_project_set_current_run (made, "abc", &error));
  opened = ple_project_open (path, &fixture->environment, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (ple_project_get_current_run (opened), ==, "abc");
  g_assert_cmpstr (ple_project_get_title (opened), ==, ple_project_get_title (made));
  g_assert_cmpuint (ple_dataset_get_n_items (ple_project_get_dataset (opened)), ==, 120);
}

static void
test_refuses_other_pictures (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (fixture->folder, "mine.pleiades", NULL);
  g_autoptr (PleDataset) other = ple_sample_dataset_new (144, 1);
  g_autoptr (PleProject) made =
      ple_project_new (path, fixture->dataset, &fixture->environment, &error);
  g_autoptr (PleProject) refused = ple_project_new (path, other, &fixture->environment, &error);

  g_assert_nonnull (made);
  g_assert_null (refused);
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH);
}

static void
test_moved_pictures_and_bad_files (Fixture *fixture, gconstpointer data)
{
  static const char *const bad[] = { "", "[]", "{", "{\"schema\": 1}",
                                     "{\"schema\": 99, \"dataset\": {}}" };
  g_autoptr (GError) error = NULL;
  g_autofree char *file = g_build_filename (fixture->folder, "project.json", NULL);
  const char *moved =
      "{\"schema\": 1, \"title\": \"x\", \"dataset\": {\"path\": \"/nowhere/at/all\"}}";

  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_true (g_file_set_contents (file, bad[i], -1, NULL));
      g_assert_null (ple_project_open (fixture->folder, &fixture->environment, NULL, &error));
      g_assert_nonnull (error);
      g_clear_error (&error);
    }
  g_assert_true (g_file_set_contents (file, moved, -1, NULL));
  g_assert_null (ple_project_open (fixture->folder, &fixture->environment, NULL, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH);
}

static void
test_recent_newest_first (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PleDataset) other = ple_sample_dataset_new (144, 1);
  g_autoptr (PleProject) first =
      ple_project_new (NULL, fixture->dataset, &fixture->environment, NULL);
  g_autoptr (PleProject) second = ple_project_new (NULL, other, &fixture->environment, NULL);
  g_autoptr (PleProject) again =
      ple_project_new (NULL, fixture->dataset, &fixture->environment, NULL);
  g_autoptr (GPtrArray) recent = ple_project_list_recent (&fixture->environment);
  const PleRecentProject *newest;

  g_assert_cmpuint (recent->len, ==, 2);
  newest = g_ptr_array_index (recent, 0);
  g_assert_cmpstr (newest->path, ==, ple_project_get_path (again));
  g_assert_cmpstr (newest->path, !=, ple_project_get_path (second));
}

/* One that is gone is said to be missing and can be taken from the list; others stay. */
static void
test_recent_missing_and_forgotten (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PleDataset) other = ple_sample_dataset_new (144, 1);
  g_autoptr (PleProject) gone =
      ple_project_new (NULL, fixture->dataset, &fixture->environment, NULL);
  g_autoptr (PleProject) stays = ple_project_new (NULL, other, &fixture->environment, NULL);
  g_autoptr (GPtrArray) recent = NULL;
  const PleRecentProject *first, *second;
  GError *error = NULL;

  g_assert_true (ple_remove_recursively (ple_project_get_path (gone), NULL));
  recent = ple_project_list_recent (&fixture->environment);
  g_assert_cmpuint (recent->len, ==, 2);
  first = g_ptr_array_index (recent, 0);
  second = g_ptr_array_index (recent, 1);
  g_assert_cmpstr (first->path, ==, ple_project_get_path (stays));
  g_assert_false (first->missing);
  g_assert_cmpstr (second->path, ==, ple_project_get_path (gone));
  g_assert_true (second->missing);

  g_assert_true (
      ple_project_forget_recent (&fixture->environment, ple_project_get_path (gone), &error));
  g_assert_no_error (error);
  g_assert_true (ple_project_forget_recent (&fixture->environment, "/never/seen", &error));
  g_clear_pointer (&recent, g_ptr_array_unref);
  recent = ple_project_list_recent (&fixture->environment);
  g_assert_cmpuint (recent->len, ==, 1);
  first = g_ptr_array_index (recent, 0);
  g_assert_cmpstr (first->path, ==, ple_project_get_path (stays));
  g_assert_true (ple_project_is_project (first->path));
}

static void
test_unwritable_place (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *file = g_build_filename (fixture->folder, "a-file", NULL);
  g_autofree char *path = g_build_filename (file, "in-it", NULL);

  g_assert_true (g_file_set_contents (file, "x", 1, NULL));
  g_assert_null (ple_project_new (path, fixture->dataset, &fixture->environment, &error));
  g_assert_nonnull (error);
}

#define ADD(name, func)                                                                            \
  g_test_add ("/project/project/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("same-pictures-same-project", test_same_pictures_same_project);
  ADD ("opens-again", test_opens_again);
  ADD ("refuses-other-pictures", test_refuses_other_pictures);
  ADD ("moved-pictures-and-bad-files", test_moved_pictures_and_bad_files);
  ADD ("recent-newest-first", test_recent_newest_first);
  ADD ("recent-missing-and-forgotten", test_recent_missing_and_forgotten);
  ADD ("unwritable-place", test_unwritable_place);
  return g_test_run ();
}
