/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "dataset/ple-image.h"
#include "features/ple-resample.h"
#include "features/ple-vision-config.h"

G_BEGIN_DECLS

/**
 * PlePreprocess:
 * @resize: whether the picture is resized
 * @shortest: the shorter side becomes this, the other follows; 0: both are given
 * @resize_height, @resize_width: if @shortest is 0
 * @crop: whether the middle is cut out; a smaller picture is padded with black
 * @crop_height, @crop_width: of it
 * @on_floats: resized without rounding to whole grey levels
 * @rescale: factor for grey levels, 1 for none
 * @mean, @deviation: subtracted and divided by; 0 and 1 for none
 * @assumed: there was no file: these are the values that the family usually has
 * @table: for grey level v of channel c the number that the network sees
 *
 * From a decoded picture to what a network sees.
 */
typedef struct
{
  gboolean resize;
  PleResample resample;
  size_t shortest;
  size_t resize_height;
  size_t resize_width;
  gboolean crop;
  size_t crop_height;
  size_t crop_width;
  gboolean on_floats;
  double rescale;
  double mean[3];
  double deviation[3];
  gboolean assumed;
  float table[3][256];
} PlePreprocess;

/**
 * ple_preprocess_parse:
 * @root: (nullable): of preprocessor_config.json; %NULL takes what the family usually has
 * @name: of the file, for messages
 * @config: of the model: says what an unnamed processor is
 *
 * Old and new forms of the transformers library; absent fields take the defaults of the processor's
 * class. A setting that would give pictures of different sizes is refused.
 */
gboolean ple_preprocess_parse (JsonNode *root,
                               const char *name,
                               const PleVisionConfig *config,
                               PlePreprocess *preprocess,
                               GError **error);
/* preprocessor_config.json of @folder, if there is one. */
gboolean ple_preprocess_load (const char *folder,
                              const PleVisionConfig *config,
                              PlePreprocess *preprocess,
                              GError **error);

/* Of all pictures that come out. */
size_t ple_preprocess_get_height (const PlePreprocess *preprocess);
size_t ple_preprocess_get_width (const PlePreprocess *preprocess);

/**
 * ple_preprocess_crop:
 * @image: at its full size
 *
 * What the network is shown of the picture, as a picture: resized and cut, in grey levels. Bit for
 * bit what the reference makes of it (of DINOv3, which does not round: the nearest grey levels).
 *
 * Returns: (transfer full) (nullable)
 */
PleImage *
ple_preprocess_crop (const PlePreprocess *preprocess, const PleImage *image, GError **error);

/* @pixels: (out): (3, height, width), the network's input. */
gboolean ple_preprocess_run (const PlePreprocess *preprocess,
                             const PleImage *image,
                             float *pixels,
                             GError **error);

/* One line that says all of it, for keys and for the record: "shortest 256 bicubic, crop 224x224,
 * ..." (transfer full) */
char *ple_preprocess_describe (const PlePreprocess *preprocess);

G_END_DECLS
