/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-known-datasets.h"

#include "base/ple-text.h"
#include "dataset/ple-download.h"
#include "dataset/ple-unpack.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>

#define MB ((guint64) 1000000)
/* Tiny ImageNet has 120 000 pictures and a list of boxes per class. */
#define MAX_FILES 200000
/* The share of a job that is download; unpacking is the rest. */
#define DOWNLOAD_SHARE 0.9

/* clang-format off */
static const PleKnownDataset datasets[] = {
  { "cifar10", "CIFAR-10", "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz", "cifar-10-batches-bin",
    "c32a1d4ab5d03f1284b67883e8d87530", 170052171, 400 * MB, 60000, 10, "32 × 32", "no licence stated",
    N_("Ten classes of animals and vehicles; the usual first measure of a clustering method.") },
  { "cifar100", "CIFAR-100", "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz", "cifar-100-binary",
    "03b5dce01913d631647c71ecec9e9cb8", 168513733, 400 * MB, 60000, 100, "32 × 32", "no licence stated",
    N_("A hundred classes in twenty groups: many small clusters.") },
  { "stl10", "STL-10", "http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz", "stl10_binary",
    "91f7769df0f17e558f3565bffb0c7dfb", 2640397119, 4000 * MB, 113000, 10, "96 × 96", "as ImageNet: research",
    N_("13 000 labelled pictures of ten classes and 100 000 without labels.") },
  { "imagenette", "Imagenette, 160 pixels", "https://s3.amazonaws.com/fast-ai-imageclas/imagenette2-160.tgz",
    "imagenette2-160", "e793b78cc4c9e9a4ccc0c1155377a412", 99003388, 400 * MB, 13394, 10, "160 px",
    "as ImageNet: research", N_("Ten easy classes of ImageNet as real photographs; small and quick.") },
  { "imagenette-320", "Imagenette, 320 pixels", "https://s3.amazonaws.com/fast-ai-imageclas/imagenette2-320.tgz",
    "imagenette2-320", "3df6f0d01a2c9592104656642f5e78a3", 341663724, 1000 * MB, 13394, 10, "320 px",
    "as ImageNet: research", N_("The same photographs, as large as the vision models want them.") },
  { "imagenette-full", "Imagenette, full size", "https://s3.amazonaws.com/fast-ai-imageclas/imagenette2.tgz",
    "imagenette2", "fe2fc210e6bb7c5664d602c3cd71e612", 1557161267, 3000 * MB, 13394, 10, "500 px",
    "as ImageNet: research", N_("The same photographs as they were taken.") },
  { "tiny-imagenet", "Tiny ImageNet", "http://cs231n.stanford.edu/tiny-imagenet-200.zip", "tiny-imagenet-200",
    "90528d7ca1a48142e341f4ef8d21d0de", 248100043, 1000 * MB, 120000, 200, "64 × 64", "as ImageNet: research",
    N_("Two hundred classes of ImageNet, small: many clusters, many pictures.") },
};
/* clang-format on */

const PleKnownDataset *
ple_known_datasets_list (size_t *n)
{
  *n = G_N_ELEMENTS (datasets);
  return datasets;
}

const PleKnownDataset *
ple_known_datasets_find (const char *id)
{
  for (size_t i = 0; i < G_N_ELEMENTS (datasets); i++)
    if (ple_name_equal (datasets[i].id, id))
      return &datasets[i];
  return NULL;
}

char *
ple_known_dataset_find_folder (const PleKnownDataset *dataset, const char *data_folder)
{
  g_autofree char *path = g_build_filename (data_folder, dataset->folder, NULL);

  return g_file_test (path, G_FILE_TEST_IS_DIR) ? g_steal_pointer (&path) : NULL;
}

static const char *
get_archive_name (const PleKnownDataset *dataset)
{
  return strrchr (dataset->url, '/') + 1;
}

guint64
ple_known_dataset_get_part_size (const PleKnownDataset *dataset, const char *data_folder)
{
  g_autofree char *path = g_build_filename (data_folder, get_archive_name (dataset), NULL);

  return ple_download_get_part_size (path);
}

/* MD5 of a file. (transfer full) (nullable) */
static char *
compute_md5 (const char *path, PleProgress *progress, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, error);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_MD5);
  g_autofree guint8 *block = g_malloc (1 << 18);

  while (stream != NULL)
    {
      gssize n = g_input_stream_read (G_INPUT_STREAM (stream), block, 1 << 18, NULL, error);

      if (n < 0 || !ple_progress_check (progress, error))
        return NULL;
      if (n == 0)
        return g_strdup (g_checksum_get_string (checksum));
      g_checksum_update (checksum, block, n);
    }
  return NULL;
}

/* Makes sure that the archive lies at @path, right and whole. */
static gboolean
fetch_archive (const PleKnownDataset *dataset,
               const char *path,
               const char *mirror,
               PleProgress *progress,
               GError **error)
{
  g_autoptr (PleDownloader) downloader = NULL;
  g_autofree char *url = mirror != NULL
                             ? ple_download_build_url (mirror, get_archive_name (dataset), NULL)
                             : g_strdup (dataset->url);
  PleDownloadFile file = {
    .url = url, .path = path, .md5 = dataset->md5, .max_bytes = dataset->max_bytes
  };

  if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
    {
      g_autofree char *md5 = compute_md5 (path, progress, error);

      if (md5 == NULL)
        return FALSE;
      if (g_ascii_strcasecmp (md5, dataset->md5) == 0)
        return TRUE;
    }
  downloader = ple_downloader_new ();
  return ple_downloader_fetch (downloader, &file, NULL, progress, error);
}

char *
ple_known_dataset_download (const PleKnownDataset *dataset,
                            const char *data_folder,
                            const char *mirror,
                            PleProgress *progress,
                            GError **error)
{
  g_autofree char *folder = ple_known_dataset_find_folder (dataset, data_folder);
  g_autofree char *path = NULL;
  g_autoptr (PleProgress) fetching = NULL;
  g_autoptr (PleProgress) unpacking = NULL;
  const PleUnpackLimits limits = { MAX_FILES, dataset->max_bytes };

  if (folder != NULL)
    return g_steal_pointer (&folder);
  folder = g_build_filename (data_folder, dataset->folder, NULL);
  path = g_build_filename (data_folder, get_archive_name (dataset), NULL);
  fetching = ple_progress_new_stage (progress, _ ("Download"), 0, DOWNLOAD_SHARE);
  if (!fetch_archive (dataset, path, mirror, fetching, error))
    return NULL;
  unpacking = ple_progress_new_stage (progress, _ ("Unpack"), DOWNLOAD_SHARE, 1);
  if (!ple_unpack (path, dataset->folder, folder, &limits, unpacking, error))
    return NULL;
  g_unlink (path);
  return g_steal_pointer (&folder);
}
