/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-atomic.h"

#include <glib/gstdio.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

typedef struct
{
  char *folder;
  char *path; /* folder/deep/target */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("ple-atomic-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->folder, "deep", "target", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  ple_remove_recursively (fixture->folder, &error);
  g_assert_no_error (error);
  g_assert_false (g_file_test (fixture->folder, G_FILE_TEST_EXISTS));
  g_free (fixture->folder);
  g_free (fixture->path);
}

static guint
count_entries (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

/* Nothing but the target in its folder: no leftover of the writing. */
static void
assert_alone (Fixture *fixture)
{
  g_autofree char *folder = g_path_get_dirname (fixture->path);

  g_assert_cmpuint (count_entries (folder), ==, 1);
}

static void
assert_contents (const char *path, const char *expected)
{
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &contents, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (contents, ==, expected);
}

static void
put_file (PleAtomicDir *dir, const char *name, const char *text)
{
  g_autofree char *path = ple_atomic_dir_build (dir, name);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
commit_folder (const char *path, const char *name, const char *text)
{
  g_autoptr (GError) error = NULL;
  PleAtomicDir *dir = ple_atomic_dir_begin (path, &error);

  g_assert_no_error (error);
  put_file (dir, name, text);
  ple_atomic_dir_commit (dir, &error);
  g_assert_no_error (error);
}

static void
test_write (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  struct stat info;
  mode_t mask = umask (0);

  umask (mask);
  g_assert_true (ple_atomic_write (fixture->path, "first", 5, &error));
  assert_contents (fixture->path, "first");
  g_assert_true (ple_atomic_write (fixture->path, "", 0, &error));
  assert_contents (fixture->path, "");
  assert_alone (fixture);
  /* Readable as any file, not only by its owner as a temporary one. */
  g_assert_cmpint (stat (fixture->path, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 0777, ==, 0666 & ~mask);
}

static void
test_file_abort (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  PleAtomicFile *file;

  g_assert_true (ple_atomic_write (fixture->path, "old", 3, NULL));
  file = ple_atomic_file_begin (fixture->path, &error);
  g_assert_no_error (error);
  fputs ("half of the new", ple_atomic_file_get_stream (file));
  fflush (ple_atomic_file_get_stream (file));
  assert_contents (fixture->path, "old");
  g_assert_true (g_file_test (ple_atomic_file_get_path (file), G_FILE_TEST_IS_REGULAR));
  ple_atomic_file_abort (file);
  assert_contents (fixture->path, "old");
  assert_alone (fixture);
}

/* A writer that opens the temporary name by itself, or even replaces it. */
static void
test_file_by_name (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  PleAtomicFile *file = ple_atomic_file_begin (fixture->path, &error);

  g_assert_true (g_file_set_contents (ple_atomic_file_get_path (file), "by name", -1, NULL));
  g_assert_true (ple_atomic_file_commit (file, &error));
  assert_contents (fixture->path, "by name");
  assert_alone (fixture);
}

/* Where nothing can be written (a folder in the way, a file as parent) the error comes from the
 * system and nothing is left behind. */
static void
test_file_refused (Fixture *fixture, gconstpointer data)
{
  g_autofree char *below = g_build_filename (fixture->path, "x", "below", NULL);
  g_autofree char *parent = g_path_get_dirname (fixture->path);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (fixture->path, 0777), ==, 0);
  g_assert_false (ple_atomic_write (fixture->path, "a", 1, &error));
  g_assert_true (error->domain == G_FILE_ERROR);
  g_clear_error (&error);
  g_assert_cmpuint (count_entries (parent), ==, 1);
  g_assert_cmpint (g_rmdir (fixture->path), ==, 0);
  g_assert_true (g_file_set_contents (fixture->path, "file", -1, NULL));
  g_assert_false (ple_atomic_write (below, "a", 1, &error));
  g_assert_true (error->domain == G_FILE_ERROR);
  assert_contents (fixture->path, "file");
}

static void
test_dir_replaces (Fixture *fixture, gconstpointer data)
{
  g_autofree char *first = g_build_filename (fixture->path, "first", NULL);
  g_autofree char *second = g_build_filename (fixture->path, "second", NULL);

  commit_folder (fixture->path, "first", "1");
  assert_contents (first, "1");
  assert_alone (fixture);
  commit_folder (fixture->path, "second", "2");
  assert_contents (second, "2");
  g_assert_false (g_file_test (first, G_FILE_TEST_EXISTS));
  assert_alone (fixture);
}

static void
test_dir_replaces_a_file (Fixture *fixture, gconstpointer data)
{
  g_autofree char *inside = g_build_filename (fixture->path, "a", NULL);

  g_assert_true (ple_atomic_write (fixture->path, "a file", 6, NULL));
  commit_folder (fixture->path, "a", "now a folder");
  assert_contents (inside, "now a folder");
  assert_alone (fixture);
}

static void
test_dir_abort (Fixture *fixture, gconstpointer data)
{
  g_autofree char *inside = g_build_filename (fixture->path, "a", NULL);
  g_autofree char *deep = NULL;
  PleAtomicDir *dir;

  commit_folder (fixture->path, "a", "old");
  dir = ple_atomic_dir_begin (fixture->path, NULL);
  put_file (dir, "a", "new");
  deep = ple_atomic_dir_build (dir, "b/c/d");
  g_assert_cmpint (g_mkdir_with_parents (deep, 0777), ==, 0);
  ple_atomic_dir_abort (dir);
  assert_contents (inside, "old");
  assert_alone (fixture);
}

/* What was being written when the program was killed has a name of its own, is never taken for the
 * real thing, and is swept once it is old. */
static void
test_killed_while_writing (Fixture *fixture, gconstpointer data)
{
  g_autofree char *inside = g_build_filename (fixture->path, "a", NULL);
  g_autofree char *parent = g_path_get_dirname (fixture->path);
  g_autofree char *leftover = NULL;
  struct utimbuf long_ago = { 1000000000, 1000000000 };
  PleAtomicDir *dir;
  pid_t child;
  int status;

  commit_folder (fixture->path, "a", "old");
  child = fork ();
  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    {
      dir = ple_atomic_dir_begin (fixture->path, NULL);
      put_file (dir, "a", "half");
      _exit (0);
    }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  assert_contents (inside, "old");
  g_assert_cmpuint (count_entries (parent), ==, 2);
  /* It may belong to a program that is still at work. */
  ple_atomic_sweep (parent);
  g_assert_cmpuint (count_entries (parent), ==, 2);
  {
    g_autoptr (GDir) entries = g_dir_open (parent, 0, NULL);
    const char *name;

    while ((name = g_dir_read_name (entries)) != NULL)
      if (g_str_has_prefix (name, ".tmp-"))
        leftover = g_build_filename (parent, name, NULL);
  }
  g_assert_nonnull (leftover);
  g_assert_cmpint (utime (leftover, &long_ago), ==, 0);
  ple_atomic_sweep (parent);
  assert_alone (fixture);
  assert_contents (inside, "old");
}

static atomic_bool done;

/* Looks at the target all the time and counts how often it is not there. */
static void *
watch (void *data)
{
  const Fixture *fixture = data;
  size_t n_torn = 0;

  while (!atomic_load (&done))
    {
      struct stat info;

      n_torn += stat (fixture->path, &info) != 0;
    }
  return GSIZE_TO_POINTER (n_torn);
}

/* Replacing a folder over and over: it is there at every moment. */
static void
test_never_torn (Fixture *fixture, gconstpointer data)
{
  pthread_t watcher;
  void *n_torn;

  commit_folder (fixture->path, "first", "0");
  atomic_store (&done, false);
  g_assert_cmpint (pthread_create (&watcher, NULL, watch, fixture), ==, 0);
  for (int i = 0; i < 50; i++)
    commit_folder (fixture->path, "first", "1");
  atomic_store (&done, true);
  pthread_join (watcher, &n_torn);
  assert_alone (fixture);
  g_assert_cmpuint (GPOINTER_TO_SIZE (n_torn), ==, 0);
}

static void
test_remove_does_not_follow_links (Fixture *fixture, gconstpointer data)
{
  g_autofree char *kept = g_build_filename (fixture->folder, "kept", NULL);
  g_autofree char *precious = g_build_filename (kept, "precious", NULL);
  g_autofree char *link = g_build_filename (fixture->path, "link", NULL);
  g_autofree char *absent = g_build_filename (fixture->folder, "absent", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (kept, 0777), ==, 0);
  g_assert_true (g_file_set_contents (precious, "x", -1, NULL));
  g_assert_cmpint (g_mkdir_with_parents (fixture->path, 0777), ==, 0);
  g_assert_cmpint (symlink (kept, link), ==, 0);
  g_assert_true (ple_remove_recursively (fixture->path, &error));
  g_assert_no_error (error);
  g_assert_false (g_file_test (fixture->path, G_FILE_TEST_EXISTS));
  assert_contents (precious, "x");
  g_assert_true (ple_remove_recursively (absent, &error));
  g_assert_no_error (error);
}

static void
test_put_dir (Fixture *fixture, gconstpointer data)
{
  g_autofree char *parent = g_path_get_dirname (fixture->path);
  g_autofree char *mine = g_build_filename (parent, "mine", NULL);
  g_autofree char *file = g_build_filename (mine, "file", NULL);
  g_autofree char *placed = g_build_filename (fixture->path, "file", NULL);
  g_autoptr (GError) error = NULL;

  commit_folder (fixture->path, "old", "old");
  g_mkdir_with_parents (mine, 0777);
  g_assert_true (g_file_set_contents (file, "new", -1, NULL));
  ple_atomic_put_dir (mine, fixture->path, &error);
  g_assert_no_error (error);
  assert_contents (placed, "new");
  assert_alone (fixture);
  g_assert_false (ple_atomic_put_dir (mine, fixture->path, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  assert_contents (placed, "new");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)
  ADD ("/base/atomic/put-folder", test_put_dir);
  ADD ("/base/atomic/write", test_write);
  ADD ("/base/atomic/file-abort", test_file_abort);
  ADD ("/base/atomic/file-by-name", test_file_by_name);
  ADD ("/base/atomic/file-refused", test_file_refused);
  ADD ("/base/atomic/dir-replaces", test_dir_replaces);
  ADD ("/base/atomic/dir-replaces-a-file", test_dir_replaces_a_file);
  ADD ("/base/atomic/dir-abort", test_dir_abort);
  ADD ("/base/atomic/killed-while-writing", test_killed_while_writing);
  ADD ("/base/atomic/never-torn", test_never_torn);
  ADD ("/base/atomic/remove-does-not-follow-links", test_remove_does_not_follow_links);
  return g_test_run ();
}
