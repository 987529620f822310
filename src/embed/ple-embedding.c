/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "embed/ple-embedding.h"

#include "base/ple-text.h"
#include "embed/ple-embedding-private.h"

#include <glib/gi18n-lib.h>

static const PleEmbedding *const embeddings[] = {
  &ple_embedding_pca,
  &ple_embedding_tsne,
  &ple_embedding_umap,
  NULL,
};

const PleEmbedding *const *
ple_embeddings_list (void)
{
  return embeddings;
}

const PleEmbedding *
ple_embedding_find (const char *id, GError **error)
{
  g_autoptr (GString) known = g_string_new (NULL);

  g_return_val_if_fail (id != NULL, NULL);

  for (size_t i = 0; embeddings[i] != NULL; i++)
    {
      if (ple_name_equal (embeddings[i]->id, id))
        return embeddings[i];
      g_string_append_printf (known, "%s%s", i > 0 ? ", " : "", embeddings[i]->id);
    }
  g_set_error (error, PLE_PARAM_ERROR, PLE_PARAM_ERROR_UNKNOWN,
               _ ("there is no embedding “%s”; known are: %s"), id, known->str);
  return NULL;
}
