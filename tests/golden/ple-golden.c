/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ple-golden.h"

#include "linalg/ple-linalg.h"

#include <math.h>
#include <string.h>

PleGolden *
ple_golden_new (int *argc, char ***argv, const char *family)
{
  PleGolden *golden = g_new0 (PleGolden, 1);
  const char *asked = g_getenv ("PLE_GOLDEN_DIR");

  ple_linalg_init ();
  g_test_init (argc, argv, NULL);
  if (asked == NULL || *asked == '\0')
    asked = *argc > 1 ? (*argv)[1] : ".";
  golden->folder = g_build_filename (asked, family, NULL);
  return golden;
}

void
ple_golden_free (PleGolden *golden)
{
  g_free (golden->folder);
  g_free (golden);
}

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static char **
list (PleGolden *golden, const char *pattern, const char *inside)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new ();
  g_autoptr (GDir) dir = g_dir_open (golden->folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (golden->folder, name, inside, NULL);

      if (g_pattern_match_simple (pattern, name) && g_file_test (file, G_FILE_TEST_IS_REGULAR))
        g_ptr_array_add (paths, g_build_filename (golden->folder, name, NULL));
    }
  g_ptr_array_sort (paths, compare_paths);
  g_ptr_array_add (paths, NULL);
  return (char **) g_ptr_array_steal (paths, NULL);
}

char **
ple_golden_list (PleGolden *golden, const char *pattern)
{
  return list (golden, pattern, NULL);
}

char **
ple_golden_list_folders (PleGolden *golden, const char *inside)
{
  return list (golden, "*", inside);
}

void
ple_golden_add (PleGolden *golden,
                const char *kind,
                const char *name,
                gpointer data,
                GTestDataFunc func,
                GDestroyNotify release)
{
  g_autofree char *family = g_path_get_basename (golden->folder);
  g_autofree char *path = g_strjoin ("/", "/golden", family, kind, name, NULL);

  g_test_add_data_func_full (path, data, func, release);
  golden->n_cases++;
}

void
ple_golden_add_files (PleGolden *golden, const char *pattern, GTestDataFunc func)
{
  g_auto (GStrv) paths = ple_golden_list (golden, pattern);
  g_autofree char *kind = g_strndup (pattern, strcspn (pattern, "*_."));

  for (size_t i = 0; paths[i] != NULL; i++)
    {
      g_autofree char *name = g_path_get_basename (paths[i]);

      ple_golden_add (golden, kind, name, g_strdup (paths[i]), func, g_free);
    }
}

int
ple_golden_run (PleGolden *golden)
{
  guint n_cases = golden->n_cases;

  g_print ("# golden: %u cases from %s\n", n_cases, golden->folder);
  ple_golden_free (golden);
  if (n_cases == 0)
    {
      g_print ("1..1\nnot ok 1 - no golden case of this family\n");
      return 1;
    }
  return g_test_run ();
}

PleNpz *
ple_golden_open (const char *path)
{
  g_autoptr (GError) error = NULL;
  PleNpz *npz = ple_npz_open (path, &error);

  g_assert_no_error (error);
  return npz;
}

PleArray *
ple_golden_get (PleNpz *npz, const char *name)
{
  g_autoptr (GError) error = NULL;
  PleArray *array = ple_npz_get (npz, name, &error);

  g_assert_no_error (error);
  return array;
}

gboolean
ple_golden_has (PleNpz *npz, const char *name)
{
  return g_strv_contains (ple_npz_get_names (npz), name);
}

double
ple_golden_get_scalar (PleNpz *npz, const char *name)
{
  g_autoptr (PleArray) array = ple_golden_get (npz, name);

  g_assert_cmpuint (array->n, ==, 1);
  return ple_array_get (array, 0);
}

PleMatrix *
ple_golden_get_matrix (PleNpz *npz, const char *name)
{
  g_autoptr (PleArray) array = ple_golden_get (npz, name);
  g_autoptr (GError) error = NULL;
  PleMatrix *matrix = ple_array_to_matrix (array, &error);

  g_assert_no_error (error);
  return matrix;
}

PleLabels *
ple_golden_get_labels (PleNpz *npz, const char *name)
{
  g_autoptr (PleArray) array = ple_golden_get (npz, name);
  g_autoptr (GError) error = NULL;
  PleLabels *labels = ple_array_to_labels (array, name, &error);

  g_assert_no_error (error);
  return labels;
}

void
ple_golden_assert_near (const char *what,
                        size_t n,
                        const double *values,
                        const double *expected,
                        double absolute,
                        double relative)
{
  double largest = 0, worst = 0;
  size_t where = 0;

  for (size_t i = 0; i < n; i++)
    {
      double difference = fabs (values[i] - expected[i]);

      largest = MAX (largest, fabs (expected[i]));
      /* Written so that NaN counts as the worst. */
      if (isfinite (worst) && !(difference <= worst))
        {
          worst = difference;
          where = i;
        }
    }
  g_test_message ("%s: largest difference %.3g, largest value %.3g", what, worst, largest);
  if (!(worst <= MAX (absolute, relative * largest)))
    g_error ("%s: at %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " expected %.17g, found %.17g", what,
             where, n, expected[where], values[where]);
}
