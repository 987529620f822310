/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores of labelings against scikit-learn, scipy and the official TEMI code
 * (data/metrics/README.md names them). An archive holds NAME/y_true and NAME/y_pred per case, and
 * any of the scalars. */
#include "config.h"

#include "evaluate/ple-metrics.h"
#include "ple-golden.h"

#include <math.h>
#include <string.h>

typedef struct
{
  char *path;
  char *name;
} Case;

static void
case_free (gpointer data)
{
  Case *one = data;

  g_free (one->path);
  g_free (one->name);
  g_free (one);
}

/* Whether the case has the scalar, and its value. */
static gboolean
get (PleNpz *npz, const Case *one, const char *scalar, double *expected)
{
  g_autofree char *name = g_strconcat (one->name, "/", scalar, NULL);

  if (!ple_golden_has (npz, name))
    return FALSE;
  *expected = ple_golden_get_scalar (npz, name);
  return TRUE;
}

static void
check (
    PleNpz *npz, const Case *one, const char *scalar, double value, double tolerance, guint *n_seen)
{
  double expected;

  if (!get (npz, one, scalar, &expected))
    return;
  ple_golden_assert_near (scalar, 1, &value, &expected, tolerance, 0);
  (*n_seen)++;
}

static PleLabels *
get_labels (PleNpz *npz, const Case *one, const char *side)
{
  g_autofree char *name = g_strconcat (one->name, "/", side, NULL);

  return ple_golden_get_labels (npz, name);
}

static void
test_case (gconstpointer data)
{
  const Case *one = data;
  g_autoptr (PleNpz) npz = ple_golden_open (one->path);
  g_autoptr (PleLabels) truth = get_labels (npz, one, "y_true");
  g_autoptr (PleLabels) predicted = get_labels (npz, one, "y_pred");
  PleMetrics metrics;
  double one_to_one;
  guint n_seen = 0;

  ple_metrics_compute (truth, predicted, 0, &metrics, NULL);
  check (npz, one, "acc_one_to_one", metrics.accuracy, 1e-9, &n_seen);
  check (npz, one, "nmi_arithmetic", metrics.nmi, 1e-9, &n_seen);
  check (npz, one, "v_measure", metrics.nmi, 1e-9, &n_seen);
  check (npz, one, "nmi_geometric", metrics.nmi_geometric, 1e-9, &n_seen);
  check (npz, one, "ami_arithmetic", metrics.ami, 1e-9, &n_seen);
  check (npz, one, "ari", metrics.ari, 1e-9, &n_seen);
  check (npz, one, "n_active", (double) metrics.n_active_clusters, 0, &n_seen);
  /* With more clusters than classes the official value depends on which of several best matches is
   * taken; without, it is the one-to-one value. */
  check (npz, one, "acc_official", metrics.accuracy_many_to_one,
         get (npz, one, "acc_one_to_one", &one_to_one) &&
                 fabs (metrics.accuracy_many_to_one - one_to_one) > 1e-9
             ? 0.01
             : 1e-9,
         &n_seen);
  g_assert_cmpuint (n_seen, >, 0);
}

/* The same scores from counts alone, after moving every item to another cluster and back. */
static void
test_confusion (gconstpointer data)
{
  const Case *one = data;
  g_autoptr (PleNpz) npz = ple_golden_open (one->path);
  g_autoptr (PleLabels) truth = get_labels (npz, one, "y_true");
  g_autoptr (PleLabels) predicted = get_labels (npz, one, "y_pred");
  g_autoptr (PleConfusion) confusion = ple_confusion_new (truth, predicted, 0, 0);
  PleMetrics metrics, again;

  for (int back = 0; back < 2; back++)
    for (size_t i = 0; i < truth->n; i++)
      {
        gint32 other = (gint32) (i * 7 % (confusion->n_clusters + 1)) - 1;

        ple_confusion_move (confusion, truth->data[i], back ? other : predicted->data[i],
                            back ? predicted->data[i] : other);
      }
  ple_metrics_compute (truth, predicted, 0, &metrics, NULL);
  ple_metrics_from_confusion (confusion, &again, NULL);
  g_assert_cmpmem (&metrics, sizeof metrics, &again, sizeof again);
}

int
main (int argc, char **argv)
{
  PleGolden *golden = ple_golden_new (&argc, &argv, "metrics");
  g_auto (GStrv) paths = ple_golden_list (golden, "*.npz");

  for (size_t i = 0; paths[i] != NULL; i++)
    {
      g_autoptr (PleNpz) npz = ple_golden_open (paths[i]);
      const char *const *names = ple_npz_get_names (npz);

      for (size_t j = 0; names[j] != NULL; j++)
        if (g_str_has_suffix (names[j], "/y_true"))
          for (int kind = 0; kind < 2; kind++)
            {
              Case *one = g_new (Case, 1);

              one->path = g_strdup (paths[i]);
              one->name = g_strndup (names[j], strlen (names[j]) - strlen ("/y_true"));
              if (kind == 0)
                ple_golden_add (golden, "scores", one->name, one, test_case, case_free);
              else
                {
                  g_autofree char *test = g_strconcat ("/golden/metrics/counts/", one->name, NULL);

                  g_test_add_data_func_full (test, one, test_confusion, case_free);
                }
            }
    }
  return ple_golden_run (golden);
}
