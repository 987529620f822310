/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Vision models against the reference in double precision (data/vision/README.md names the arrays):
 * each folder is a model with pictures and what it makes of them, half-way values included; and
 * preprocessing against the reference's crops. */
#include "config.h"

#include "base/ple-json.h"
#include "features/ple-clip-text.h"
#include "features/ple-clip-tokenizer.h"
#include "features/ple-preprocess.h"
#include "features/ple-vision-model.h"
#include "ple-golden.h"

#include <math.h>
#include <string.h>

#define TOLERANCE 5e-5 /* of max (1, |value|) */

typedef struct
{
  PleNpz *npz;
  size_t n_checked; /* stages that the file has */
} Check;

static void
assert_close (
    const char *what, size_t n, const float *values, const PleArray *expected, size_t *map)
{
  double worst = 0;

  for (size_t i = 0; i < n; i++)
    {
      double want = ple_array_get (expected, map != NULL ? map[i] : i);
      double gap = fabs ((double) values[i] - want) / MAX (1, fabs (want));

      g_assert_true (isfinite (values[i]));
      worst = MAX (worst, gap);
    }
  g_test_message ("%s: worst difference %.3g of max (1, |value|)", what, worst);
  if (worst > TOLERANCE)
    g_error ("%s: off by %.3g, allowed are %.3g", what, worst, TOLERANCE);
}

/* Values on the way: tokens as they are, pictures (n, c, h, w) while ours are (n h w, c). The file
 * may hold the first picture only. */
static void
check_stage (const char *stage, size_t n_rows, size_t n_cols, const float *values, gpointer data)
{
  Check *check = data;
  g_autoptr (PleArray) expected = NULL;
  g_autofree size_t *map = NULL;

  if (!ple_golden_has (check->npz, stage))
    return;
  expected = ple_golden_get (check->npz, stage);
  g_assert_cmpuint (expected->n, >, 0);
  g_assert_cmpuint (expected->n, <=, n_rows * n_cols);
  if (expected->n_dims == 4)
    {
      size_t n_pixels = expected->shape[2] * expected->shape[3];

      g_assert_cmpuint (expected->shape[1], ==, n_cols);
      map = g_new (size_t, expected->n);
      for (size_t i = 0; i < expected->n; i++)
        {
          size_t row = i / n_cols, c = i % n_cols;

          map[i] = (row / n_pixels * n_cols + c) * n_pixels + row % n_pixels;
        }
    }
  else
    g_assert_cmpuint (expected->shape[expected->n_dims - 1], ==, n_cols);
  assert_close (stage, expected->n, values, expected, map);
  check->n_checked++;
}

static void
test_model (gconstpointer data)
{
  const char *folder = data;
  g_autofree char *path = g_build_filename (folder, "golden.npz", NULL);
  g_autoptr (PleNpz) npz = ple_golden_open (path);
  g_autoptr (PleArray) pixels = ple_golden_get (npz, "pixel_values");
  g_autoptr (PleArray) features = ple_golden_get (npz, "features");
  g_autoptr (GError) error = NULL;
  g_autoptr (PleVisionModel) model = ple_vision_model_open (folder, NULL, &error);
  g_autoptr (PleVisionPlan) plan = NULL;
  g_autoptr (PleVisionWorker) worker = NULL;
  g_autofree float *out = NULL;
  Check check = { npz, 0 };
  size_t n, group, n_features, n_pixels;

  g_assert_no_error (error);
  g_assert_cmpuint (pixels->n_dims, ==, 4);
  g_assert_true (pixels->type == PLE_ARRAY_F4);
  plan = ple_vision_plan_new (model, pixels->shape[2], pixels->shape[3], &error);
  g_assert_no_error (error);
  worker = ple_vision_worker_new (plan, &error);
  g_assert_no_error (error);
  n = pixels->shape[0];
  group = ple_vision_plan_get_group (plan);
  n_features = ple_vision_plan_get_n_features (plan);
  n_pixels = pixels->n / n;
  g_assert_cmpuint (features->n, ==, n * n_features);
  out = g_new (float, features->n);
  ple_vision_worker_set_trace (worker, check_stage, &check);
  for (size_t i = 0; i < n; i += group)
    {
      ple_vision_worker_run (worker, MIN (group, n - i),
                             (const float *) pixels->data + i * n_pixels, out + i * n_features);
      if (i == 0)
        g_assert_cmpuint (check.n_checked, >, 0);
      ple_vision_worker_set_trace (worker, NULL, NULL);
    }
  assert_close ("features", features->n, out, features, NULL);
}

/* A folder of CLIP with sentences (texts.json): token ids exactly, vectors within the tolerance. */
static void
test_text (gconstpointer data)
{
  const char *folder = data;
  g_autofree char *path = g_build_filename (folder, "golden.npz", NULL);
  g_autofree char *texts_path = g_build_filename (folder, "texts.json", NULL);
  g_autoptr (PleNpz) npz = ple_golden_open (path);
  g_autoptr (PleArray) expected_ids = ple_golden_get (npz, "input_ids");
  g_autoptr (PleArray) expected = ple_golden_get (npz, "text_embeds");
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) root = ple_json_load (texts_path, 1 << 20, &error);
  g_autoptr (PleClipTokenizer) tokenizer = ple_clip_tokenizer_load (folder, &error);
  g_autoptr (PleClipText) model = ple_clip_text_open (folder, NULL, &error);
  g_autoptr (PleMatrix) features = NULL;
  g_autofree const char **texts = NULL;
  JsonArray *array;
  size_t n;

  g_assert_no_error (error);
  array = json_node_get_array (root);
  n = json_array_get_length (array);
  g_assert_cmpuint (n, >, 0);
  g_assert_cmpuint (expected_ids->n, ==, n * ple_clip_text_get_n_context (model));
  g_assert_cmpuint (expected->n, ==, n * ple_clip_text_get_n_features (model));
  texts = g_new (const char *, n);
  for (size_t i = 0; i < n; i++)
    {
      const size_t n_context = ple_clip_text_get_n_context (model);
      g_autofree gint32 *ids = g_new (gint32, n_context);

      texts[i] = json_array_get_string_element (array, (guint) i);
      g_assert_true (ple_clip_tokenizer_encode (tokenizer, texts[i], n_context, ids, NULL, &error));
      for (size_t t = 0; t < n_context; t++)
        g_assert_cmpint (ids[t], ==, (gint32) ple_array_get (expected_ids, i * n_context + t));
    }
  features = ple_clip_text_encode (model, texts, n, NULL, &error);
  g_assert_no_error (error);
  assert_close ("text_embeds", expected->n, features->data, expected, NULL);
}

/* Folder PROCESSOR of preprocess/: expected.npz with u8_N (height, width, 3) or pixel_values_N
 * (3, height, width) for ../input_N.png. */
static void
test_preprocess (gconstpointer data)
{
  const char *folder = data;
  g_autofree char *path = g_build_filename (folder, "expected.npz", NULL);
  g_autofree char *parent = g_path_get_dirname (folder);
  g_autoptr (PleNpz) npz = ple_golden_open (path);
  g_autoptr (GError) error = NULL;
  PleVisionConfig config = { .family = PLE_VISION_VIT, .model_type = "vit", .image_size = 224 };
  PlePreprocess preprocess;
  size_t n_checked = 0;

  g_assert_true (ple_preprocess_load (folder, &config, &preprocess, &error));
  g_assert_no_error (error);
  g_assert_false (preprocess.assumed);
  for (const char *const *name = ple_npz_get_names (npz); *name != NULL; name++, n_checked++)
    {
      g_autoptr (PleArray) expected = ple_golden_get (npz, *name);
      g_autofree char *file = g_strdup_printf ("input_%s.png", strrchr (*name, '_') + 1);
      g_autofree char *picture = g_build_filename (parent, file, NULL);
      g_autoptr (GMappedFile) mapped = g_mapped_file_new (picture, FALSE, &error);
      g_autoptr (GBytes) bytes = mapped != NULL ? g_mapped_file_get_bytes (mapped) : NULL;
      g_autoptr (PleImage) image =
          bytes != NULL ? ple_image_decode (bytes, 0, FALSE, file, &error) : NULL;
      size_t n =
          3 * ple_preprocess_get_height (&preprocess) * ple_preprocess_get_width (&preprocess);

      g_assert_no_error (error);
      g_assert_cmpuint (expected->n, ==, n);
      if (g_str_has_prefix (*name, "u8_"))
        {
          g_autoptr (PleImage) crop = ple_preprocess_crop (&preprocess, image, &error);

          g_assert_no_error (error);
          g_assert_true (expected->type == PLE_ARRAY_U1);
          g_assert_cmpmem (crop->data, n, expected->data, n);
        }
      else
        {
          g_autofree float *pixels = g_new (float, n);

          g_assert_true (ple_preprocess_run (&preprocess, image, pixels, &error));
          g_assert_no_error (error);
          assert_close (*name, n, pixels, expected, NULL);
        }
    }
  g_assert_cmpuint (n_checked, >, 0);
}

/* The folder preprocess/ has one of each kind of processor. */
static void
add_preprocess (PleGolden *golden)
{
  PleGolden inner = { g_build_filename (golden->folder, "preprocess", NULL), 0 };
  g_auto (GStrv) folders = ple_golden_list_folders (&inner, "expected.npz");

  for (size_t i = 0; folders[i] != NULL; i++)
    {
      g_autofree char *name = g_path_get_basename (folders[i]);

      ple_golden_add (golden, "preprocess", name, g_strdup (folders[i]), test_preprocess, g_free);
    }
  g_free (inner.folder);
}

int
main (int argc, char **argv)
{
  PleGolden *golden = ple_golden_new (&argc, &argv, "vision");
  g_auto (GStrv) folders = ple_golden_list_folders (golden, "golden.npz");
  g_auto (GStrv) with_texts = ple_golden_list_folders (golden, "texts.json");

  for (size_t i = 0; folders[i] != NULL; i++)
    {
      g_autofree char *name = g_path_get_basename (folders[i]);

      ple_golden_add (golden, "model", name, g_strdup (folders[i]), test_model, g_free);
    }
  add_preprocess (golden);
  for (size_t i = 0; with_texts[i] != NULL; i++)
    {
      g_autofree char *name = g_path_get_basename (with_texts[i]);

      ple_golden_add (golden, "text", name, g_strdup (with_texts[i]), test_text, g_free);
    }
  return ple_golden_run (golden);
}
