/* SPDX-License-Identifier: GPL-3.0-or-later */
/* preprocessor_config.json. */
#include "config.h"

#include "features/ple-preprocess.h"

#include "base/ple-error.h"
#include "base/ple-text.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define CONFIG_MAX ((size_t) 1 << 20)
#define MAX_SIZE PLE_VISION_MAX_SIDE

/* From this size on ConvNeXt's processor resizes to the square and does not crop. */
#define CONVNEXT_WHOLE 384

typedef enum
{
  CLASS_BIT,
  CLASS_CLIP,
  CLASS_VIT,
  CLASS_CONVNEXT,
  CLASS_DINOV3,
} Class;

/* Beginnings of "image_processor_type" or "feature_extractor_type". */
static const struct
{
  const char *prefix;
  Class class;
} classes[] = {
  { "BitImageProcessor", CLASS_BIT }, { "CLIP", CLASS_CLIP },
  { "DINOv3ViT", CLASS_DINOV3 },      { "ViT", CLASS_VIT },
  { "ConvNext", CLASS_CONVNEXT },
};

static const double imagenet_mean[] = { 0.485, 0.456, 0.406 };
static const double imagenet_deviation[] = { 0.229, 0.224, 0.225 };
static const double clip_mean[] = { 0.48145466, 0.4578275, 0.40821073 };
static const double clip_deviation[] = { 0.26862954, 0.26130258, 0.27577711 };
static const double halves[] = { 0.5, 0.5, 0.5 };

static Class
class_of_family (PleVisionFamily family)
{
  switch (family)
    {
    case PLE_VISION_DINOV2:
    case PLE_VISION_DINOV2_REGISTERS:
      return CLASS_BIT;
    case PLE_VISION_DINOV3:
      return CLASS_DINOV3;
    case PLE_VISION_CLIP:
      return CLASS_CLIP;
    case PLE_VISION_CONVNEXT:
    case PLE_VISION_RESNET:
      return CLASS_CONVNEXT;
    case PLE_VISION_VIT:
    default:
      return CLASS_VIT;
    }
}

static void
set_statistics (PlePreprocess *preprocess, const double *mean, const double *deviation)
{
  memcpy (preprocess->mean, mean, sizeof preprocess->mean);
  memcpy (preprocess->deviation, deviation, sizeof preprocess->deviation);
}

/* What a class does where its file is silent. */
static void
set_defaults (Class class, PlePreprocess *preprocess)
{
  *preprocess = (PlePreprocess){ .resize = TRUE, .rescale = 1.0 / 255 };
  preprocess->resize_height = preprocess->resize_width = 224;
  preprocess->crop_height = preprocess->crop_width = 224;
  preprocess->resample = PLE_RESAMPLE_BILINEAR;
  set_statistics (preprocess, imagenet_mean, imagenet_deviation);
  switch (class)
    {
    case CLASS_BIT:
    case CLASS_CLIP:
      preprocess->crop = TRUE;
      preprocess->shortest = 224;
      preprocess->resample = PLE_RESAMPLE_BICUBIC;
      set_statistics (preprocess, clip_mean, clip_deviation);
      break;
    case CLASS_CONVNEXT:
      preprocess->shortest = CONVNEXT_WHOLE;
      break;
    case CLASS_DINOV3:
      preprocess->on_floats = TRUE;
      break;
    case CLASS_VIT:
    default:
      set_statistics (preprocess, halves, halves);
    }
}

/* What the files of a family usually say. */
static void
set_family (const PleVisionConfig *config, PlePreprocess *preprocess)
{
  set_defaults (class_of_family (config->family), preprocess);
  preprocess->assumed = TRUE;
  if (config->family == PLE_VISION_DINOV2 || config->family == PLE_VISION_DINOV2_REGISTERS)
    preprocess->shortest = 256;
  if (config->family == PLE_VISION_CONVNEXT || config->family == PLE_VISION_RESNET)
    {
      preprocess->shortest = 256;
      preprocess->crop = TRUE;
    }
  if (config->family != PLE_VISION_CLIP && strcmp (config->model_type, "vit") != 0)
    set_statistics (preprocess, imagenet_mean, imagenet_deviation);
  if (config->family == PLE_VISION_CLIP)
    preprocess->shortest = preprocess->crop_height = preprocess->crop_width = config->image_size;
  if (config->family == PLE_VISION_VIT)
    preprocess->resize_height = preprocess->resize_width = config->image_size;
}

static gboolean
fail (GError **error, const char *name, const char *what)
{
  g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, "%s: %s", name, what);
  return FALSE;
}

/* A number, {"shortest_edge": n} or {"height": h, "width": w}. *@shortest is set or cleared. */
static gboolean
get_size (JsonObject *object,
          const char *name,
          const char *field,
          gboolean number_is_shortest,
          size_t *shortest,
          size_t *height,
          size_t *width,
          GError **error)
{
  JsonObject *size = ple_json_get_object (object, field);
  size_t n = 0, h = 0, w = 0;

  if (size == NULL)
    {
      if (!ple_config_get_count (object, name, field, 1, MAX_SIZE, &n, error))
        return FALSE;
      if (n > 0 && number_is_shortest)
        *shortest = n;
      else if (n > 0)
        {
          *shortest = 0;
          *height = *width = n;
        }
      return TRUE;
    }
  if (!ple_config_get_count (size, name, "shortest_edge", 1, MAX_SIZE, &n, error) ||
      !ple_config_get_count (size, name, "height", 1, MAX_SIZE, &h, error) ||
      !ple_config_get_count (size, name, "width", 1, MAX_SIZE, &w, error))
    return FALSE;
  if (h > 0 && w > 0)
    {
      *shortest = 0;
      *height = h;
      *width = w;
      return TRUE;
    }
  if (n == 0)
    return fail (error, name, _ ("size: expected a number, shortest_edge, or height and width"));
  *shortest = n;
  return TRUE;
}

static gboolean
get_triple (
    JsonObject *object, const char *name, const char *field, double values[3], GError **error)
{
  JsonArray *array = ple_json_get_array (object, field);
  JsonNode *node = json_object_get_member (object, field);

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return TRUE;
  if (array == NULL || json_array_get_length (array) != 3)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT,
                   _ ("%s: %s: expected three numbers"), name, field);
      return FALSE;
    }
  for (guint i = 0; i < 3; i++)
    {
      double value = JSON_NODE_HOLDS_VALUE (json_array_get_element (array, i))
                         ? json_array_get_double_element (array, i)
                         : 0;

      if (!(value >= -1e6 && value <= 1e6))
        {
          g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT,
                       _ ("%s: %s: expected three numbers"), name, field);
          return FALSE;
        }
      values[i] = value;
    }
  return TRUE;
}

/* A switch; null is off. */
static gboolean
get_switch (
    JsonObject *object, const char *name, const char *field, gboolean *value, GError **error)
{
  JsonNode *node = json_object_get_member (object, field);

  if (node != NULL && JSON_NODE_HOLDS_NULL (node))
    *value = FALSE;
  return ple_config_get_flag (object, name, field, value, error);
}

static gboolean
find_class (
    JsonObject *object, const char *name, PleVisionFamily family, Class *class, GError **error)
{
  const char *type = ple_json_get_string (object, "image_processor_type", NULL);

  if (type == NULL)
    type = ple_json_get_string (object, "feature_extractor_type", NULL);
  *class = class_of_family (family);
  if (type == NULL)
    return TRUE;
  for (size_t i = 0; i < G_N_ELEMENTS (classes); i++)
    if (g_str_has_prefix (type, classes[i].prefix))
      {
        *class = classes[i].class;
        return TRUE;
      }
  g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED,
               _ ("%s: the processor \"%s\" is not one of BitImageProcessor, CLIPImageProcessor, "
                  "ViTImageProcessor, ConvNextImageProcessor, DINOv3ViTImageProcessorFast"),
               name, type);
  return FALSE;
}

/* ConvNeXt: "size" is that of the result; smaller ones are cut from a larger picture. */
static gboolean
get_convnext (JsonObject *object, const char *name, PlePreprocess *preprocess, GError **error)
{
  double share = 224.0 / 256;
  size_t size = preprocess->shortest, height = 0, width = 0;

  if (!get_size (object, name, "size", TRUE, &size, &height, &width, error) ||
      !ple_config_get_number (object, name, "crop_pct", 0.05, 1, &share, error))
    return FALSE;
  if (size == 0 && height != width)
    return fail (error, name, _ ("size: expected shortest_edge"));
  if (size == 0)
    size = height;
  preprocess->crop = size < CONVNEXT_WHOLE;
  preprocess->shortest = preprocess->crop ? (size_t) ((double) size / share) : 0;
  preprocess->resize_height = preprocess->resize_width = size;
  preprocess->crop_height = preprocess->crop_width = size;
  return TRUE;
}

static gboolean
get_others (
    JsonObject *object, const char *name, Class class, PlePreprocess *preprocess, GError **error)
{
  size_t edge = 0;

  if (!get_size (object, name, "size", class != CLASS_VIT && class != CLASS_DINOV3,
                 &preprocess->shortest, &preprocess->resize_height, &preprocess->resize_width,
                 error))
    return FALSE;
  if (class == CLASS_VIT)
    return TRUE;
  return get_switch (object, name, "do_center_crop", &preprocess->crop, error) &&
         get_size (object, name, "crop_size", FALSE, &edge, &preprocess->crop_height,
                   &preprocess->crop_width, error);
}

static gboolean
get_numbers (JsonObject *object, const char *name, PlePreprocess *preprocess, GError **error)
{
  gboolean rescale = TRUE, normalise = TRUE;
  size_t resample = (size_t) preprocess->resample;

  if (!ple_config_get_count (object, name, "resample", 0, 5, &resample, error) ||
      !get_switch (object, name, "do_resize", &preprocess->resize, error) ||
      !get_switch (object, name, "do_rescale", &rescale, error) ||
      !get_switch (object, name, "do_normalize", &normalise, error) ||
      !ple_config_get_number (object, name, "rescale_factor", 0, 1e6, &preprocess->rescale,
                              error) ||
      !get_triple (object, name, "image_mean", preprocess->mean, error) ||
      !get_triple (object, name, "image_std", preprocess->deviation, error))
    return FALSE;
  preprocess->resample = (PleResample) resample;
  if (!rescale)
    preprocess->rescale = 1;
  for (size_t i = 0; i < 3; i++)
    {
      if (!normalise)
        {
          preprocess->mean[i] = 0;
          preprocess->deviation[i] = 1;
        }
      if (!(preprocess->deviation[i] > 1e-6))
        return fail (error, name, _ ("image_std: expected numbers above 0"));
    }
  return TRUE;
}

/* In single precision, as the reference does it. */
static void
fill_table (PlePreprocess *preprocess)
{
  for (size_t c = 0; c < 3; c++)
    for (size_t v = 0; v < 256; v++)
      preprocess->table[c][v] =
          ((float) ((double) v * preprocess->rescale) - (float) preprocess->mean[c]) /
          (float) preprocess->deviation[c];
}

gboolean
ple_preprocess_parse (JsonNode *root,
                      const char *name,
                      const PleVisionConfig *config,
                      PlePreprocess *preprocess,
                      GError **error)
{
  JsonObject *object;
  Class class;

  if (root == NULL)
    {
      set_family (config, preprocess);
      fill_table (preprocess);
      return TRUE;
    }
  if (!JSON_NODE_HOLDS_OBJECT (root))
    return fail (error, name, _ ("expected an object"));
  object = json_node_get_object (root);
  if (!find_class (object, name, config->family, &class, error))
    return FALSE;
  set_defaults (class, preprocess);
  if (class == CLASS_CONVNEXT ? !get_convnext (object, name, preprocess, error)
                              : !get_others (object, name, class, preprocess, error))
    return FALSE;
  if (!get_numbers (object, name, preprocess, error))
    return FALSE;
  if (!preprocess->crop && (!preprocess->resize || preprocess->shortest > 0))
    return fail (error, name,
                 _ ("these settings give pictures of different sizes: expected a "
                    "crop, or a size with height and width"));
  fill_table (preprocess);
  return TRUE;
}

gboolean
ple_preprocess_load (const char *folder,
                     const PleVisionConfig *config,
                     PlePreprocess *preprocess,
                     GError **error)
{
  static const char name[] = "preprocessor_config.json";
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (JsonNode) root = NULL;

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    {
      root = ple_json_load (path, CONFIG_MAX, error);
      if (root == NULL)
        return FALSE;
    }
  return ple_preprocess_parse (root, name, config, preprocess, error);
}

char *
ple_preprocess_describe (const PlePreprocess *preprocess)
{
  static const char *const filters[] = { "nearest", "lanczos", "bilinear",
                                         "bicubic", "box",     "hamming" };
  GString *text = g_string_new (NULL);
  char number[PLE_DOUBLE_BUFFER];

  if (preprocess->resize && preprocess->shortest > 0)
    g_string_append_printf (text, "resize shortest %zu %s, ", preprocess->shortest,
                            filters[preprocess->resample]);
  else if (preprocess->resize)
    g_string_append_printf (text, "resize %zux%zu %s, ", preprocess->resize_width,
                            preprocess->resize_height, filters[preprocess->resample]);
  if (preprocess->on_floats)
    g_string_append (text, "unrounded, ");
  if (preprocess->crop)
    g_string_append_printf (text, "crop %zux%zu, ", preprocess->crop_width,
                            preprocess->crop_height);
  g_string_append_printf (text, "times %s, mean", ple_format_double (preprocess->rescale, number));
  for (size_t i = 0; i < 3; i++)
    g_string_append_printf (text, " %s", ple_format_double (preprocess->mean[i], number));
  g_string_append (text, ", deviation");
  for (size_t i = 0; i < 3; i++)
    g_string_append_printf (text, " %s", ple_format_double (preprocess->deviation[i], number));
  return g_string_free (text, FALSE);
}
