/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-atomic.h"
#include "dataset/ple-dataset.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* A folder as large as ImageNet, of empty files: it is listed at 20 000 files a second at least, of
 * processor time, so that a busy machine says the same; and each of its items takes little memory.
 * Opened twice it is the same set.
 *
 *   large-listing [--files N] [--folders K] */
#define MIN_FILES_A_SECOND 20000
#define MAX_BYTES_A_FILE 300

static int n_files = 1280000, n_folders = 1000;

static double
cpu_seconds (void)
{
  struct timespec time;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

/* The most that was ever resident. */
static double
memory_bytes (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return 1024.0 * (double) usage.ru_maxrss;
}

/* Neither folders nor files in the order of their names. */
static void
make_files (const char *folder)
{
  for (int c = 0; c < n_folders; c++)
    {
      g_autofree char *class_name = g_strdup_printf ("n%08d", (c * 7919) % 100000007);
      g_autofree char *path = g_build_filename (folder, "train", class_name, NULL);

      g_assert_cmpint (g_mkdir_with_parents (path, 0700), ==, 0);
      for (int i = 0; i < n_files / n_folders; i++)
        {
          g_autofree char *file =
              g_strdup_printf ("%s/%s_%d.JPEG", path, class_name, (i * 37) % 1000003);
          int fd = open (file, O_CREAT | O_WRONLY | O_EXCL | O_CLOEXEC, 0600);

          g_assert_cmpint (fd, >=, 0);
          close (fd);
        }
    }
}

static void
test_listing (void)
{
  g_autofree char *folder = g_dir_make_tmp ("ple-listing-XXXXXX", NULL);
  g_autofree char *fingerprint = NULL;
  double memory;

  make_files (folder);
  memory = memory_bytes ();
  for (int round = 0; round < 2; round++)
    {
      double began = cpu_seconds (), seconds;
      gint64 wall = g_get_monotonic_time ();
      g_autoptr (GError) error = NULL;
      g_autoptr (PleDataset) dataset = ple_dataset_open (folder, NULL, NULL, &error);

      seconds = cpu_seconds () - began;
      g_assert_no_error (error);
      g_assert_cmpuint (ple_dataset_get_n_items (dataset), ==,
                        (size_t) (n_files / n_folders * n_folders));
      g_assert_cmpuint (ple_dataset_get_n_classes (dataset), ==, (size_t) n_folders);
      if (fingerprint == NULL)
        fingerprint = g_strdup (ple_dataset_get_fingerprint (dataset));
      g_assert_cmpstr (ple_dataset_get_fingerprint (dataset), ==, fingerprint);
      g_test_message ("%d files in %d folders: %.2f s of processor time, %.2f s on the wall, "
                      "%.0f files a processor second, %.0f bytes each at most",
                      n_files, n_folders, seconds, (double) (g_get_monotonic_time () - wall) / 1e6,
                      n_files / seconds, (memory_bytes () - memory) / n_files);
      g_assert_cmpfloat (n_files / seconds, >, MIN_FILES_A_SECOND);
      g_assert_cmpfloat ((memory_bytes () - memory) / n_files, <, MAX_BYTES_A_FILE);
    }
  g_assert_true (ple_remove_recursively (folder, NULL));
}

int
main (int argc, char *argv[])
{
  const GOptionEntry entries[] = {
    { "files", 0, 0, G_OPTION_ARG_INT, &n_files, "Files in all", "N" },
    { "folders", 0, 0, G_OPTION_ARG_INT, &n_folders, "Class folders", "K" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_test_init (&argc, &argv, NULL);
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_parse (context, &argc, &argv, &error);
  g_assert_no_error (error);
  g_test_add_func ("/dataset/large-listing", test_listing);
  return g_test_run ();
}
