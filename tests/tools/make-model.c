/* SPDX-License-Identifier: GPL-3.0-or-later */
/* make-model FOLDER SPEC...: a model folder with true names and shapes and random weights. */
#include "config.h"

#include "ple-make-model.h"

#include <stdio.h>

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *spec = NULL;

  if (argc < 3)
    {
      fprintf (stderr, "usage: make-model FOLDER NAME|FAMILY [key=value...]\nnames:\n");
      for (const char *const *name = ple_make_model_list (); *name != NULL; name++)
        fprintf (stderr, "  %s\n", *name);
      return 2;
    }
  spec = g_strjoinv (" ", argv + 2);
  if (ple_make_model (argv[1], spec, &error))
    return 0;
  fprintf (stderr, "make-model: %s\n", error != NULL ? error->message : "cannot make the folder");
  return 1;
}
