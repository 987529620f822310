/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of the two pages, made from the tables and from what is on the disk. On any thread. */
#include "config.h"

#include "gui/ple-downloads-private.h"

#include "features/ple-model-download.h"
#include "gui/ple-format.h"

#include <glib/gi18n.h>
#include <string.h>

void
ple_download_item_free (PleDownloadItem *item)
{
  if (item == NULL)
    return;
  g_free (item->id);
  g_free (item->section);
  g_free (item->title);
  g_free (item->facts);
  g_free (item->sentence);
  g_free (item->note);
  g_free (item->page);
  g_free (item->path);
  g_free (item);
}

static const char *
get_family_title (const char *family)
{
  static const struct
  {
    const char *family;
    const char *title;
  } titles[] = {
    { "dinov2", N_ ("DINOv2: the best start for groups by subject") },
    { "dinov3", N_ ("DINOv3: its successor, under a licence to accept") },
    { "clip", N_ ("CLIP: pictures and words") },
    { "dino", N_ ("DINO, the first generation") },
    { "vit", N_ ("ViT, trained on classes") },
    { "msn", N_ ("MSN, from few pictures") },
    { "mae", N_ ("MAE, made for fine-tuning") },
    { "convnext", N_ ("ConvNeXt") },
    { "resnet", N_ ("ResNet") },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (titles); i++)
    if (strcmp (titles[i].family, family) == 0)
      return _ (titles[i].title);
  return family;
}

static const PleModelFolder *
find_folder (const GPtrArray *found, const PleKnownModel *model)
{
  for (guint i = 0; i < found->len; i++)
    {
      const PleModelFolder *folder = g_ptr_array_index (found, i);

      if (folder->known == model)
        return folder;
    }
  return NULL;
}

static PleDownloadItem *
make_known (PleModelStore *store, const GPtrArray *found, const PleKnownModel *model)
{
  const PleModelFolder *folder = find_folder (found, model);
  PleDownloadItem *item = g_new0 (PleDownloadItem, 1);
  g_autofree char *address = ple_model_store_dup_address (store);
  g_autofree char *size = g_format_size (model->bytes);

  item->id = g_strdup (model->repository);
  item->section = g_strdup (get_family_title (model->family));
  item->title = g_strdup (model->title);
  item->facts =
      g_strdup_printf (_ ("%u dimensions · %s · %s"), model->dimension, size, model->licence);
  item->sentence = g_strdup (_ (model->good_for));
  item->page = ple_known_model_build_page (model);
  item->part_bytes = ple_model_download_get_part_size (store, model->repository);
  if (folder != NULL)
    {
      item->path = g_strdup (folder->path);
      item->note = g_strdup (folder->problem);
      item->state = folder->problem != NULL ? PLE_DOWNLOAD_BROKEN : PLE_DOWNLOAD_HERE;
      item->usable = folder->problem == NULL;
    }
  else if (model->gated && ple_model_store_get_token (store, address) == NULL)
    {
      item->state = PLE_DOWNLOAD_GATED;
      item->note = g_strdup (
          _ ("It is given only to who accepts its licence. Do that on its page, make a token "
             "there, and start Pleiades with HF_TOKEN set to it. Or add a folder that has it."));
    }
  return item;
}

static PleDownloadItem *
make_other (const PleModelFolder *folder)
{
  PleDownloadItem *item = g_new0 (PleDownloadItem, 1);
  g_autofree char *size = g_format_size (folder->bytes);

  item->id = g_strdup (folder->path);
  item->section = g_strdup (_ ("Others on this computer"));
  item->title = g_strdup (folder->name);
  item->facts = g_strdup_printf (_ ("%u dimensions · %s · %s"), folder->dimension, size,
                                 *folder->family != '\0' ? folder->family : "?");
  item->sentence = g_strdup (folder->path);
  item->path = g_strdup (folder->path);
  item->note = g_strdup (folder->problem);
  item->state = folder->problem != NULL ? PLE_DOWNLOAD_BROKEN : PLE_DOWNLOAD_HERE;
  item->usable = folder->problem == NULL && ple_known_models_is_family (folder->family);
  return item;
}

static PleDownloadItem *
make_dataset (const PleKnownDataset *dataset, const char *data_folder)
{
  PleDownloadItem *item = g_new0 (PleDownloadItem, 1);
  g_autofree char *size = g_format_size (dataset->bytes);
  g_autofree char *pictures = ple_format_count (dataset->n_pictures);

  item->id = g_strdup (dataset->id);
  item->is_dataset = TRUE;
  item->section = g_strdup (_ ("Data sets to measure methods by"));
  item->title = g_strdup (dataset->title);
  item->facts = g_strdup_printf (_ ("%s pictures · %u classes · %s · %s"), pictures,
                                 dataset->n_classes, dataset->size, size);
  item->sentence = g_strdup (_ (dataset->good_for));
  item->path = ple_known_dataset_find_folder (dataset, data_folder);
  item->state = item->path != NULL ? PLE_DOWNLOAD_HERE : PLE_DOWNLOAD_ABSENT;
  item->part_bytes = ple_known_dataset_get_part_size (dataset, data_folder);
  return item;
}

static void
mark_best (PleModelStore *store, const GPtrArray *items)
{
  g_autoptr (PleModelFolder) best = ple_model_store_find_best (store);

  for (guint i = 0; best != NULL && i < items->len; i++)
    {
      PleDownloadItem *item = g_ptr_array_index (items, i);

      item->is_best = item->usable && strcmp (item->path, best->path) == 0;
    }
}

GPtrArray *
ple_download_items_list (PleModelStore *store, const char *data_folder)
{
  GPtrArray *items = g_ptr_array_new_with_free_func ((GDestroyNotify) ple_download_item_free);
  g_autoptr (GPtrArray) found = ple_model_store_list (store, NULL, NULL);
  size_t n_models, n_datasets;
  const PleKnownModel *models = ple_known_models_list (&n_models);
  const PleKnownDataset *datasets = ple_known_datasets_list (&n_datasets);

  for (guint i = 0; i < found->len; i++)
    if (((const PleModelFolder *) g_ptr_array_index (found, i))->known == NULL)
      g_ptr_array_add (items, make_other (g_ptr_array_index (found, i)));
  for (size_t i = 0; i < n_models; i++)
    g_ptr_array_add (items, make_known (store, found, &models[i]));
  mark_best (store, items);
  for (size_t i = 0; i < n_datasets; i++)
    g_ptr_array_add (items, make_dataset (&datasets[i], data_folder));
  return items;
}
