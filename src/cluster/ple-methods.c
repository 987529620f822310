/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-methods-private.h"

#include <string.h>

static const PleMethod *const methods[] = {
  &ple_kmeans_method,
  &ple_spherical_kmeans_method,
  &ple_minibatch_kmeans_method,
  &ple_agglomerative_method,
  &ple_temi_method,
  &ple_cludi_method,
  NULL,
};

const PleMethod *const *
ple_methods_list (void)
{
  return methods;
}

const PleMethod *
ple_method_find (const char *id, GError **error)
{
  g_autoptr (GString) known = g_string_new (NULL);

  for (const PleMethod *const *method = methods; *method != NULL; method++)
    {
      if (g_strcmp0 ((*method)->id, id) == 0)
        return *method;
      g_string_append_printf (known, "%s%s", known->len > 0 ? ", " : "", (*method)->id);
    }
  g_set_error (error, PLE_PARAM_ERROR, PLE_PARAM_ERROR_VALUE,
               "no clustering method \"%s\"; there are: %s", id != NULL ? id : "", known->str);
  return NULL;
}
