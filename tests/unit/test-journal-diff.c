/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-rng.h"
#include "curate/ple-curation.h"
#include "curate/ple-journal-diff-private.h"

#include <string.h>

#define N_ITEMS 5000
#define N_IDS 40

typedef struct
{
  PleItemEdit items[N_ITEMS];
  size_t n;
} Edit;

/* Each item is changed with probability @share; at most @n_kinds ways of changing. */
static void
make_edit (PleRng *rng, double share, guint n_kinds, Edit *edit)
{
  edit->n = 0;
  for (guint32 i = 0; i < N_ITEMS; i++)
    if (ple_rng_uniform (rng) < share)
      {
        guint kind = (guint) ple_rng_below (rng, n_kinds);

        edit->items[edit->n++] = (PleItemEdit){
          .item = i,
          .change = { (gint32) (kind % N_IDS) - 1, (gint32) (kind * 7 % N_IDS),
                      (guint8) (kind % PLE_N_STATES), (guint8) (kind / 3 % PLE_N_STATES) },
        };
      }
}

static GBytes *
encode (const Edit *edit)
{
  return ple_diff_encode (edit->items, edit->n, NULL, 0);
}

static void
assert_same (const PleItemChange *a, const PleItemChange *b)
{
  g_assert_cmpint (a->from_label, ==, b->from_label);
  g_assert_cmpint (a->to_label, ==, b->to_label);
  g_assert_cmpint (a->from_state, ==, b->from_state);
  g_assert_cmpint (a->to_state, ==, b->to_state);
}

static void
test_round_trip (void)
{
  g_autofree Edit *edit = g_new (Edit, 1);
  g_autofree guint8 *seen = g_new (guint8, N_ITEMS);
  g_autofree guint32 *position = g_new0 (guint32, N_ITEMS);
  const double shares[] = { 0, 0.001, 0.3, 0.99, 1 };
  PleRng rng;

  ple_rng_init (&rng, 1);
  for (size_t s = 0; s < G_N_ELEMENTS (shares); s++)
    for (guint n_kinds = 1; n_kinds <= 30; n_kinds += 29)
      {
        g_autoptr (GBytes) diff = NULL;
        PleDiffReader reader;
        PleDiffRun run;
        size_t n = 0;

        make_edit (&rng, shares[s], n_kinds, edit);
        diff = encode (edit);
        memset (seen, 0, N_ITEMS);
        for (size_t i = 0; i < edit->n; i++)
          position[edit->items[i].item] = (guint32) i;
        ple_diff_reader_init (&reader, diff, N_ITEMS, N_IDS);
        while (ple_diff_reader_next_run (&reader, &run))
          for (size_t i = run.first; i < run.first + run.length; i++, n++)
            {
              g_assert_cmpuint (seen[i], ==, 0);
              seen[i] = 1;
              assert_same (&run.change, &edit->items[position[i]].change);
            }
        g_assert_true (ple_diff_reader_is_at_end (&reader));
        g_assert_cmpuint (n, ==, edit->n);
        for (size_t i = 0; i < edit->n; i++)
          g_assert_cmpuint (seen[edit->items[i].item], ==, 1);
      }
}

static void
test_clusters (void)
{
  const PleClusterChange changes[] = {
    { 0, TRUE, TRUE, "", "cats" },      { 7, TRUE, FALSE, "dogs", "dogs" },
    { 12, FALSE, TRUE, "", "" },        { 13, TRUE, TRUE, "a, \"b\"", "" },
    { 39, TRUE, TRUE, "小", "小さい" },
  };
  g_autoptr (GBytes) diff = ple_diff_encode (NULL, 0, changes, G_N_ELEMENTS (changes));
  PleDiffReader reader;
  PleClusterChange change;
  PleDiffRun run;
  size_t n = 0;

  ple_diff_reader_init (&reader, diff, N_ITEMS, N_IDS);
  while (ple_diff_reader_next_cluster (&reader, &change))
    {
      g_assert_cmpint (change.id, ==, changes[n].id);
      g_assert_cmpint (change.from_alive, ==, changes[n].from_alive);
      g_assert_cmpint (change.to_alive, ==, changes[n].to_alive);
      g_assert_cmpstr (change.from_name, ==, changes[n].from_name);
      g_assert_cmpstr (change.to_name, ==, changes[n].to_name);
      n++;
    }
  g_assert_cmpuint (n, ==, G_N_ELEMENTS (changes));
  g_assert_false (ple_diff_reader_is_at_end (&reader));
  g_assert_false (ple_diff_reader_next_run (&reader, &run));
  g_assert_true (ple_diff_reader_is_at_end (&reader));
}

/* The sizes that the journal counts on. */
static void
test_is_small (void)
{
  g_autofree Edit *edit = g_new (Edit, 1);
  g_autoptr (GBytes) all = NULL, scattered = NULL;
  PleRng rng;

  ple_rng_init (&rng, 2);
  make_edit (&rng, 1, 1, edit);
  all = encode (edit);
  g_assert_cmpuint (g_bytes_get_size (all), <, 16);
  make_edit (&rng, 0.1, 1, edit);
  scattered = encode (edit);
  g_assert_cmpuint (g_bytes_get_size (scattered), <, edit->n + edit->n / 4 + 16);
}

/* Whatever the bytes: what is handed out is in range, and the end comes. */
static void
read_anything (GBytes *bytes)
{
  PleDiffReader reader;
  PleClusterChange cluster;
  PleDiffRun run;
  size_t n_left = g_bytes_get_size (bytes) + 1;

  ple_diff_reader_init (&reader, bytes, N_ITEMS, N_IDS);
  while (ple_diff_reader_next_cluster (&reader, &cluster))
    {
      g_assert_cmpuint (n_left--, >, 0);
      g_assert_cmpint (cluster.id, >=, 0);
      g_assert_cmpint (cluster.id, <, N_IDS);
      g_assert_true (g_utf8_validate (cluster.from_name, -1, NULL));
      g_assert_true (g_utf8_validate (cluster.to_name, -1, NULL));
    }
  while (ple_diff_reader_next_run (&reader, &run))
    {
      g_assert_cmpuint (n_left--, >, 0);
      g_assert_cmpuint (run.length, >, 0);
      g_assert_cmpuint (run.first + run.length, <=, N_ITEMS);
      g_assert_cmpint (run.change.from_label, >=, -1);
      g_assert_cmpint (run.change.from_label, <, N_IDS);
      g_assert_cmpint (run.change.to_label, <, N_IDS);
      g_assert_cmpint (run.change.to_state, <, PLE_N_STATES);
    }
}

static void
test_hostile (void)
{
  g_autofree Edit *edit = g_new (Edit, 1);
  const PleClusterChange cluster = { 3, TRUE, TRUE, "cats", "dogs" };
  g_autoptr (GBytes) diff = NULL;
  g_autofree guint8 *bytes = NULL;
  size_t size;
  PleRng rng;

  ple_rng_init (&rng, 3);
  make_edit (&rng, 0.05, 5, edit);
  diff = ple_diff_encode (edit->items, edit->n, &cluster, 1);
  bytes = g_memdup2 (g_bytes_get_data (diff, NULL), g_bytes_get_size (diff));
  size = g_bytes_get_size (diff);
  for (size_t length = 0; length < size; length++)
    {
      g_autoptr (GBytes) cut = g_bytes_new_static (bytes, length);
      PleDiffReader reader;
      PleDiffRun run;

      read_anything (cut);
      ple_diff_reader_init (&reader, cut, N_ITEMS, N_IDS);
      while (ple_diff_reader_next_run (&reader, &run))
        ;
      g_assert_false (ple_diff_reader_is_at_end (&reader));
    }
  for (int trial = 0; trial < 20000; trial++)
    {
      g_autoptr (GBytes) torn = NULL;
      guint8 kept[4];
      size_t at[4];

      for (size_t j = 0; j < 4; j++)
        {
          at[j] = ple_rng_below (&rng, j < 2 ? MIN (size, 24) : size);
          kept[j] = bytes[at[j]];
          bytes[at[j]] = (guint8) ple_rng_next (&rng);
        }
      torn = g_bytes_new_static (bytes, size);
      read_anything (torn);
      for (size_t j = 4; j-- > 0;)
        bytes[at[j]] = kept[j];
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/curate/journal-diff/round-trip", test_round_trip);
  g_test_add_func ("/curate/journal-diff/clusters", test_clusters);
  g_test_add_func ("/curate/journal-diff/is-small", test_is_small);
  g_test_add_func ("/curate/journal-diff/survives-hostile-bytes", test_hostile);
  return g_test_run ();
}
