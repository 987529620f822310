/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Small model folders with random weights. */

#include "base/ple-atomic.h"
#include "ple-make-model.h"

#define PLE_TEST_TINY_DINOV2                                                                       \
  "dinov2 hidden_size=24 num_attention_heads=3 num_hidden_layers=2 patch_size=4 image_size=28"

typedef struct
{
  char *folder; /* removed with all in it */
  char *model;  /* of the model, within it */
} PleTestModel;

static inline void
ple_test_model_set_up (PleTestModel *f, gconstpointer spec)
{
  g_autoptr (GError) error = NULL;

  f->folder = g_dir_make_tmp ("pleiades-model-XXXXXX", NULL);
  g_assert_nonnull (f->folder);
  f->model = g_build_filename (f->folder, "model", NULL);
  g_assert_true (ple_make_model (f->model, spec != NULL ? spec : PLE_TEST_TINY_DINOV2, &error));
  g_assert_no_error (error);
}

static inline void
ple_test_model_tear_down (PleTestModel *f, gconstpointer spec)
{
  ple_remove_recursively (f->folder, NULL);
  g_free (f->folder);
  g_free (f->model);
}

/* Path of a file of the model. (transfer full) */
static inline char *
ple_test_model_file (const PleTestModel *f, const char *name)
{
  return g_build_filename (f->model, name, NULL);
}

/* Puts other contents into a file of the model. */
static inline void
ple_test_model_write (const PleTestModel *f, const char *name, const char *text)
{
  g_autofree char *path = ple_test_model_file (f, name);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}
