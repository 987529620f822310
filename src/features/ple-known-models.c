/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-known-models.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define APACHE "Apache-2.0"
#define DINOV3 "DINOv3 License"
#define TWO_LICENCES "Apache-2.0 (hub), CC BY-NC 4.0 (authors)"

/* Bytes: four per parameter; the counts follow from the layouts. */
/* clang-format off */
static const PleKnownModel models[] = {
  { "facebook/dinov2-small", "dinov2", "DINOv2 small", 384, 88226304, APACHE, FALSE,
    N_("The first to try: quick on any computer, groups by subject.") },
  { "facebook/dinov2-with-registers-small", "dinov2", "DINOv2 small, registers", 384, 88232448, APACHE, FALSE,
    N_("As DINOv2 small, with cleaner attention to the object.") },
  { "facebook/dinov2-base", "dinov2", "DINOv2 base", 768, 346321920, APACHE, FALSE,
    N_("The usual choice: clearly better groups, about four times the time of small.") },
  { "facebook/dinov2-with-registers-base", "dinov2", "DINOv2 base, registers", 768, 346334208, APACHE, FALSE,
    N_("As DINOv2 base, with cleaner attention to the object.") },
  { "facebook/dinov2-large", "dinov2", "DINOv2 large", 1024, 1217474560, APACHE, FALSE,
    N_("Fine distinctions; for thousands of pictures, or patience.") },
  { "facebook/dinov2-with-registers-large", "dinov2", "DINOv2 large, registers", 1024, 1217490944, APACHE, FALSE,
    N_("As DINOv2 large, with cleaner attention to the object.") },
  { "facebook/dinov2-giant", "dinov2", "DINOv2 giant", 1536, 4545923072, APACHE, FALSE,
    N_("The finest of the family; seconds for each picture on a processor.") },
  { "facebook/dinov2-with-registers-giant", "dinov2", "DINOv2 giant, registers", 1536, 4545947648, APACHE, FALSE,
    N_("As DINOv2 giant, with cleaner attention to the object.") },
  { "facebook/dinov3-vits16-pretrain-lvd1689m", "dinov3", "DINOv3 small", 384, 86386176, DINOV3, TRUE,
    N_("The newer generation at the size of DINOv2 small.") },
  { "facebook/dinov3-vits16plus-pretrain-lvd1689m", "dinov3", "DINOv3 small plus", 384, 114771456, DINOV3, TRUE,
    N_("A little better than DINOv3 small for a third more time.") },
  { "facebook/dinov3-vitb16-pretrain-lvd1689m", "dinov3", "DINOv3 base", 768, 342641664, DINOV3, TRUE,
    N_("The usual choice of the newer generation.") },
  { "facebook/dinov3-vitl16-pretrain-lvd1689m", "dinov3", "DINOv3 large", 1024, 1212518400, DINOV3, TRUE,
    N_("Fine distinctions; for thousands of pictures, or patience.") },
  { "facebook/dinov3-vith16plus-pretrain-lvd1689m", "dinov3", "DINOv3 huge plus", 1280, 3362370560, DINOV3, TRUE,
    N_("The finest that fits a desktop computer; seconds for each picture.") },
  { "openai/clip-vit-base-patch32", "clip", "CLIP B/32", 512, 605109252, "MIT", FALSE,
    N_("Knows words: search by text and names for clusters; the quickest of the family.") },
  { "openai/clip-vit-base-patch16", "clip", "CLIP B/16", 512, 598482948, "MIT", FALSE,
    N_("Knows words, and sees smaller things than B/32.") },
  { "openai/clip-vit-large-patch14", "clip", "CLIP L/14", 768, 1710466052, "MIT", FALSE,
    N_("The best names for clusters; slow.") },
  { "openai/clip-vit-large-patch14-336", "clip", "CLIP L/14 at 336", 768, 1711776772, "MIT", FALSE,
    N_("As CLIP L/14 on larger pictures; slower still.") },
  { "facebook/dino-vits16", "dino", "DINO S/16", 384, 86662656, APACHE, FALSE,
    N_("The first generation, to compare with older results.") },
  { "facebook/dino-vits8", "dino", "DINO S/8", 384, 86681088, APACHE, FALSE,
    N_("The first generation with small patches; slow for its size.") },
  { "facebook/dino-vitb16", "dino", "DINO B/16", 768, 343194624, APACHE, FALSE,
    N_("The first generation, to compare with older results.") },
  { "facebook/dino-vitb8", "dino", "DINO B/8", 768, 343231488, APACHE, FALSE,
    N_("The first generation with small patches; slow for its size.") },
  { "google/vit-base-patch16-224", "vit", "ViT B/16", 768, 346270624, APACHE, FALSE,
    N_("Trained on the 1 000 classes of ImageNet: strong where yours are among them.") },
  { "google/vit-base-patch16-224-in21k", "vit", "ViT B/16, ImageNet-21k", 768, 345556992, APACHE, FALSE,
    N_("Trained on 21 000 classes: everyday things and animals.") },
  { "google/vit-large-patch16-224", "vit", "ViT L/16", 1024, 1217306528, APACHE, FALSE,
    N_("As ViT B/16, larger.") },
  { "facebook/vit-msn-small", "msn", "MSN S/16", 384, 86662656, TWO_LICENCES, FALSE,
    N_("Learned without labels from few pictures; to compare.") },
  { "facebook/vit-msn-base", "msn", "MSN B/16", 768, 343194624, TWO_LICENCES, FALSE,
    N_("Learned without labels from few pictures; to compare.") },
  { "facebook/vit-msn-base-4", "msn", "MSN B/4", 768, 345000000, TWO_LICENCES, FALSE,
    N_("Patches of four pixels: minutes for each picture on a processor.") },
  { "facebook/vit-msn-large", "msn", "MSN L/16", 1024, 1213206528, TWO_LICENCES, FALSE,
    N_("Learned without labels from few pictures; to compare.") },
  { "facebook/vit-msn-large-7", "msn", "MSN L/7", 1024, 1214000000, TWO_LICENCES, FALSE,
    N_("Patches of seven pixels: very slow.") },
  { "facebook/vit-mae-base", "mae", "MAE B/16", 768, 448000000, TWO_LICENCES, FALSE,
    N_("Made for fine-tuning; its vectors group worse than those of the others.") },
  { "facebook/vit-mae-large", "mae", "MAE L/16", 1024, 1318000000, TWO_LICENCES, FALSE,
    N_("Made for fine-tuning; its vectors group worse than those of the others.") },
  { "facebook/vit-mae-huge", "mae", "MAE H/14", 1280, 2630000000, TWO_LICENCES, FALSE,
    N_("Made for fine-tuning; its vectors group worse than those of the others.") },
  { "facebook/convnext-tiny-224", "convnext", "ConvNeXt tiny", 768, 114356512, APACHE, FALSE,
    N_("Trained on the 1 000 classes of ImageNet; no attention, even speed.") },
  { "facebook/convnext-small-224", "convnext", "ConvNeXt small", 768, 200894752, APACHE, FALSE,
    N_("Trained on the 1 000 classes of ImageNet; no attention, even speed.") },
  { "facebook/convnext-base-224", "convnext", "ConvNeXt base", 1024, 354400000, APACHE, FALSE,
    N_("Trained on the 1 000 classes of ImageNet; no attention, even speed.") },
  { "facebook/convnext-base-224-22k", "convnext", "ConvNeXt base, ImageNet-22k", 1024, 440000000, APACHE, FALSE,
    N_("Trained on 22 000 classes: everyday things and animals.") },
  { "facebook/convnext-large-224", "convnext", "ConvNeXt large", 1536, 791200000, APACHE, FALSE,
    N_("Trained on the 1 000 classes of ImageNet; larger.") },
  { "facebook/convnext-large-224-22k", "convnext", "ConvNeXt large, ImageNet-22k", 1536, 920000000, APACHE, FALSE,
    N_("Trained on 22 000 classes; larger.") },
  { "facebook/convnext-xlarge-224-22k", "convnext", "ConvNeXt xlarge, ImageNet-22k", 2048, 1570000000, APACHE, FALSE,
    N_("Trained on 22 000 classes; the largest of the family.") },
  { "microsoft/resnet-50", "resnet", "ResNet-50", 2048, 102228128, APACHE, FALSE,
    N_("The classic: trained on ImageNet's classes, to compare with older results.") },
};
/* clang-format on */

const PleKnownModel *
ple_known_models_list (size_t *n)
{
  *n = G_N_ELEMENTS (models);
  return models;
}

const PleKnownModel *
ple_known_models_find (const char *name)
{
  for (size_t i = 0; i < G_N_ELEMENTS (models); i++)
    if (g_ascii_strcasecmp (models[i].repository, name) == 0 ||
        g_ascii_strcasecmp (strchr (models[i].repository, '/') + 1, name) == 0)
      return &models[i];
  return NULL;
}

gboolean
ple_known_models_is_family (const char *name)
{
  for (size_t i = 0; i < G_N_ELEMENTS (models); i++)
    if (g_ascii_strcasecmp (models[i].family, name) == 0)
      return TRUE;
  return FALSE;
}

char *
ple_known_model_build_page (const PleKnownModel *model)
{
  return g_strconcat (PLE_HUB_ADDRESS "/", model->repository, NULL);
}
