/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ple-fuzz.h"
#include "ple-test-curation.h"

#include <glib/gstdio.h>

#include <unistd.h>

/* The bytes are curation.db of a run of 60 items in 4 clusters. Either it opens, and then all can
 * be undone, redone and decided anew; or it is refused, kept under another name, and the next
 * opening begins a new one. In memory where the system has such a folder: nothing here needs a
 * disk. */
#define N_ITEMS 60
#define N_CLUSTERS 4

static char *
make_folder (void)
{
  const char *parent = g_file_test ("/dev/shm", G_FILE_TEST_IS_DIR) ? "/dev/shm" : g_get_tmp_dir ();
  char *folder = g_build_filename (parent, "ple-fuzz-XXXXXX", NULL);

  g_assert_nonnull (g_mkdtemp (folder));
  return folder;
}

static PleCuration *
open_curation (const char *path, GError **error)
{
  g_autoptr (PleLabels) labels = ple_test_run_labels (N_ITEMS, N_CLUSTERS);

  return ple_curation_open (path, "run", labels, N_CLUSTERS, error);
}

/* What an accepted file must bear. A step that was undone when it was written is looked at only
 * when it is redone: it may be found damaged then, and nothing changes. */
static void
use (PleCuration *curation)
{
  const guint32 item = 7;

  ple_test_check_counts (curation);
  while (ple_curation_redo (curation, NULL))
    ;
  while (ple_curation_undo (curation, NULL))
    ;
  ple_test_check_counts (curation);
  g_ptr_array_unref (ple_curation_dup_history (curation, 3));
  ple_curation_move_to_name (curation, &item, 1, "boats", NULL, NULL);
  ple_test_check_counts (curation);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *folder = make_folder ();
  g_autofree char *path = g_build_filename (folder, "curation.db", NULL);
  g_autoptr (GError) error = NULL;
  PleCuration *curation;

  g_assert_true (g_file_set_contents (path, (const char *) data, (gssize) size, NULL));
  curation = open_curation (path, &error);
  ple_fuzz_check (curation, error, "curation.db: ");
  if (curation != NULL)
    {
      use (curation);
      g_object_unref (curation);
    }
  else
    g_assert_error (error, PLE_CURATION_ERROR, PLE_CURATION_ERROR_DAMAGED);
  ple_remove_recursively (folder, NULL);
  return 0;
}
