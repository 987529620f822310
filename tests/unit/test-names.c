/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "project/ple-names.h"

#include "base/ple-error.h"
#include "linalg/ple-linalg.h"

#include <math.h>
#include <string.h>

#define N 60
#define D 6
#define K 4
#define V 5

/* Words are the axes 0 to 4; cluster j (0 to 2) lies about axis j + 1, cluster 3 is empty, the last
 * two items are in none. Lengths differ wildly: only directions may count. */
static void
make (PleMatrix **features, PleLabels **labels, PleMatrix **words)
{
  *features = ple_matrix_new (N, D, NULL);
  *labels = ple_labels_new (N);
  *words = ple_matrix_new (V, D, NULL);
  for (size_t i = 0; i < N; i++)
    {
      size_t j = i % 3;
      float length = i % 7 == 0 ? 1000 : 1;

      for (size_t f = 0; f < D; f++)
        ple_matrix_row (*features, i)[f] = length * (float) (0.05 * ((i * 7 + f * 5) % 3));
      ple_matrix_row (*features, i)[j + 1] += length;
      if (i < N - 2)
        (*labels)->data[i] = (gint32) j;
      else
        ple_matrix_row (*features, i)[0] = 1e6f;
    }
  for (size_t w = 0; w < V; w++)
    ple_matrix_row (*words, w)[w] = (float) (w + 1);
}

static void
test_best_word_first (void)
{
  g_autoptr (PleMatrix) features = NULL;
  g_autoptr (PleLabels) labels = NULL;
  g_autoptr (PleMatrix) words = NULL;
  g_autoptr (GError) error = NULL;
  PleNameProposal proposals[K * V];

  make (&features, &labels, &words);
  for (size_t n_top = 1; n_top <= V; n_top++)
    {
      g_assert_true (ple_names_propose (features, labels, K, words, 10, n_top, FALSE, proposals,
                                        NULL, &error));
      g_assert_no_error (error);
      for (size_t j = 0; j < K; j++)
        {
          double sum = 0;

          if (j == 3)
            {
              g_assert_cmpuint (proposals[j * n_top].word, ==, PLE_NO_WORD);
              continue;
            }
          g_assert_cmpuint (proposals[j * n_top].word, ==, j + 1);
          g_assert_cmpfloat (proposals[j * n_top].cosine, >, 0.98);
          for (size_t i = 0; i < n_top; i++)
            {
              const PleNameProposal *p = &proposals[j * n_top + i];

              sum += (double) p->share;
              if (i > 0)
                {
                  g_assert_cmpfloat (p->cosine, <=, p[-1].cosine);
                  g_assert_cmpfloat_with_epsilon ((double) (p->share / p[-1].share),
                                                  exp (10 * (double) (p->cosine - p[-1].cosine)),
                                                  1e-4);
                }
            }
          if (n_top == V)
            g_assert_cmpfloat_with_epsilon (sum, 1, 1e-5);
        }
    }
}

/* Two clusters want the same word: the one that is nearer gets it, and says the other one second.
 */
static void
test_distinct (void)
{
  g_autoptr (PleMatrix) features = ple_matrix_new (2, 3, NULL);
  g_autoptr (PleMatrix) words = ple_matrix_new (3, 3, NULL);
  const gint32 clusters[] = { 0, 1 };
  g_autoptr (PleLabels) labels = ple_labels_new_from (clusters, 2);
  static const float pictures[] = { 1, 0.1f, 0, 1, 0.5f, 0 };
  g_autoptr (GError) error = NULL;
  PleNameProposal proposals[4];

  memcpy (features->data, pictures, sizeof pictures);
  for (size_t w = 0; w < 3; w++)
    ple_matrix_row (words, w)[w] = 1;
  g_assert_true (
      ple_names_propose (features, labels, 2, words, 1, 2, FALSE, proposals, NULL, &error));
  g_assert_cmpuint (proposals[0].word, ==, 0);
  g_assert_cmpuint (proposals[2].word, ==, 0);
  g_assert_true (
      ple_names_propose (features, labels, 2, words, 1, 2, TRUE, proposals, NULL, &error));
  g_assert_cmpuint (proposals[0].word, ==, 0);
  g_assert_cmpuint (proposals[2].word, ==, 1);
  g_assert_cmpuint (proposals[3].word, ==, 0);
}

static void
test_refusals (void)
{
  g_autoptr (PleMatrix) features = NULL;
  g_autoptr (PleLabels) labels = NULL;
  g_autoptr (PleMatrix) words = NULL;
  g_autoptr (PleMatrix) narrow = ple_matrix_new (V, D - 1, NULL);
  g_autoptr (PleMatrix) few = NULL;
  g_autoptr (PleLabels) fewer = ple_labels_new (N - 1);
  g_autoptr (GError) error = NULL;
  PleNameProposal proposals[K];

  make (&features, &labels, &words);
  few = ple_matrix_new_rows (words, 0, K - 1);
  g_assert_false (
      ple_names_propose (features, labels, K, narrow, 1, 1, FALSE, proposals, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE);
  g_clear_error (&error);
  g_assert_false (
      ple_names_propose (features, fewer, K, words, 1, 1, FALSE, proposals, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE);
  g_clear_error (&error);
  g_assert_false (
      ple_names_propose (features, labels, K, few, 1, 1, TRUE, proposals, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_TOO_FEW);
  g_clear_error (&error);
  features->data[3] = NAN;
  g_assert_false (
      ple_names_propose (features, labels, K, words, 1, 1, FALSE, proposals, NULL, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NOT_FINITE);
}

static void
test_vocabulary (void)
{
  static const char text[] = "# things\n cat \n\ndog\r\ncat\npolar bear";
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) words = ple_vocabulary_parse (text, strlen (text), "x.txt", &error);
  g_auto (GStrv) built_in = ple_vocabulary_get_default ();

  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (words), ==, 3);
  g_assert_cmpstr (words[0], ==, "cat");
  g_assert_cmpstr (words[1], ==, "dog");
  g_assert_cmpstr (words[2], ==, "polar bear");
  g_assert_cmpuint (g_strv_length (built_in), >, 1000);
  g_assert_true (g_strv_contains ((const char *const *) built_in, "lighthouse"));
  g_assert_null (ple_vocabulary_parse ("# no\n", 5, "x.txt", &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY);
  g_clear_error (&error);
  g_assert_null (ple_vocabulary_parse ("\xff\n", 2, "x.txt", &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT);
  g_clear_error (&error);
  g_assert_null (ple_vocabulary_parse ("a\0b", 3, "x.txt", &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  g_test_add_func ("/project/names/best-word-first", test_best_word_first);
  g_test_add_func ("/project/names/distinct-first-names", test_distinct);
  g_test_add_func ("/project/names/refuses-with-a-sentence", test_refusals);
  g_test_add_func ("/project/names/vocabulary", test_vocabulary);
  return g_test_run ();
}
