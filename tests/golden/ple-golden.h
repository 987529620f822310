/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Golden tests compare with values of independent implementations, in files. A family of cases is a
 * folder of DIR, which is the folder that PLE_GOLDEN_DIR names or else the committed data; sizes,
 * values and numbers of cases differ from one DIR to another, so all is read from the files. */

#include "linalg/ple-array-file.h"

/**
 * PleGolden:
 * @folder: DIR/family
 *
 * A family of cases. Starts GLib's test framework; a program has one.
 */
typedef struct
{
  char *folder;
  guint n_cases;
} PleGolden;

/* Reads the program's arguments: the folder of the committed data comes first. (transfer full) */
PleGolden *ple_golden_new (int *argc, char ***argv, const char *family);
void ple_golden_free (PleGolden *golden);

/* Paths of the family's files that match @pattern ("loss_*.npz"), sorted. (transfer full) */
char **ple_golden_list (PleGolden *golden, const char *pattern);
/* Paths of the family's sub-folders that have a file @inside ("golden.npz"), sorted. (transfer
 * full)
 */
char **ple_golden_list_folders (PleGolden *golden, const char *inside);

/* Adds a test called /golden/FAMILY/KIND/NAME; @data is released by @release. One case more. */
void ple_golden_add (PleGolden *golden,
                     const char *kind,
                     const char *name,
                     gpointer data,
                     GTestDataFunc func,
                     GDestroyNotify release);
/* ple_golden_add() for each path that ple_golden_list() finds, @kind from the pattern up to the
 * first "*"; the data is the path. */
void ple_golden_add_files (PleGolden *golden, const char *pattern, GTestDataFunc func);

/* Says "golden: N cases from DIR/family", fails if there is none, runs them. (transfer full) */
int ple_golden_run (PleGolden *golden);

/* What is asked of an archive must be there: the test fails otherwise. (transfer full) */
PleNpz *ple_golden_open (const char *path);
PleArray *ple_golden_get (PleNpz *npz, const char *name);
gboolean ple_golden_has (PleNpz *npz, const char *name);
double ple_golden_get_scalar (PleNpz *npz, const char *name);
PleMatrix *ple_golden_get_matrix (PleNpz *npz, const char *name);
PleLabels *ple_golden_get_labels (PleNpz *npz, const char *name);

/**
 * ple_golden_assert_near:
 * @what: for the message
 * @n: numbers
 * @values: ours
 * @expected: (n)
 * @absolute: tolerance
 * @relative: tolerance as a share of the largest |expected|
 *
 * Fails with the place and size of the largest difference.
 */
void ple_golden_assert_near (const char *what,
                             size_t n,
                             const double *values,
                             const double *expected,
                             double absolute,
                             double relative);
