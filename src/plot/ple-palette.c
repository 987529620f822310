/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "plot/ple-palette.h"

#include <math.h>
#include <string.h>

/* Groups that count as present in a cell. */
#define PER_CELL 4
#define NEAREST 6

static const guint32 standard_set[PLE_PALETTE_SIZE] = {
  0x4087de, 0xc9690c, 0x409d48, 0xd15b60, 0x009faa, 0xad65be, 0xa38300, 0x7f76dc,
  0x00a281, 0xcc5a82, 0x7b9200, 0x0094ce, 0x81b4f6, 0xe79e6b, 0x84c485, 0xef9494,
  0x46c6cd, 0xd09add, 0xc7b05a, 0xaaa7f4, 0x58c8ad, 0xea93ae, 0xa8bc69, 0x5dbee9,
};

static const guint32 safe_set[PLE_PALETTE_SIZE] = {
  0x0072b2, 0xe69f00, 0x56b4e9, 0xa85c00, 0x7a6fb0, 0xc8b400, 0x1b4f8f, 0xf2c14e,
  0x8fc9f0, 0x7d4a12, 0xa99fd6, 0x8f8400, 0x2f8fd0, 0xc98300, 0x2a6fa8, 0xd9a066,
  0x5a4f96, 0xe6d85c, 0x3f6f9f, 0xb37400, 0xb9d9f2, 0x5f4630, 0xc9c2ea, 0x6f6a28,
};

/* Anchors of the ramp, equally far apart in lightness. */
static const guint32 ramp_anchors[] = { 0x3b2069, 0x6c2a86, 0xa03b84, 0xcf5570,
                                        0xf07d5a, 0xf9b056, 0xf6e37c };

guint32
ple_palette_get (PlePaletteSet set, guint index)
{
  return (set == PLE_PALETTE_SAFE ? safe_set : standard_set)[index % PLE_PALETTE_SIZE];
}

guint32
ple_palette_ramp (double t)
{
  if (isnan (t))
    return PLE_PALETTE_NONE;
  double at = CLAMP (t, 0, 1) * (G_N_ELEMENTS (ramp_anchors) - 1);
  guint i = MIN ((guint) at, (guint) G_N_ELEMENTS (ramp_anchors) - 2);
  double share = at - i;
  guint32 colour = 0;
  for (guint shift = 0; shift < 24; shift += 8)
    {
      double a = (ramp_anchors[i] >> shift) & 255;
      double b = (ramp_anchors[i + 1] >> shift) & 255;
      colour |= (guint32) lround (a + (b - a) * share) << shift;
    }
  return colour;
}

guint32
ple_palette_ink_on (guint32 colour)
{
  guint luma = 299 * ((colour >> 16) & 255) + 587 * ((colour >> 8) & 255) + 114 * (colour & 255);
  return luma > 150 * 1000 ? 0x000000 : 0xffffff;
}

/* Pairs (lower << 32 | higher) to the number of places where they meet. */
typedef GHashTable Meetings;

static void
meet (Meetings *meetings, guint32 a, guint32 b, guint weight)
{
  if (a == b)
    return;
  gint64 key = a < b ? (gint64) a << 32 | b : (gint64) b << 32 | a;
  gpointer count = NULL;
  if (g_hash_table_lookup_extended (meetings, &key, NULL, &count))
    g_hash_table_insert (meetings, g_memdup2 (&key, sizeof key),
                         GUINT_TO_POINTER (GPOINTER_TO_UINT (count) + weight));
  else
    g_hash_table_insert (meetings, g_memdup2 (&key, sizeof key), GUINT_TO_POINTER (weight));
}

typedef struct
{
  guint32 group;
  guint32 count;
} Share;

typedef struct
{
  guint32 group[PER_CELL];
  guint n;
} MainGroups;

/* The groups with most members in cell @c; one with less than a twentieth of the largest is a
 * stray.
 * @counts: (n_groups) zeros, and again on return. */
static MainGroups
main_groups (
    const PlePoints *points, const gint32 *labels, size_t n_groups, size_t c, guint32 *counts)
{
  Share top[PER_CELL + 1] = { 0 };
  size_t first = points->cell_start[c], end = points->cell_start[c + 1];
  for (size_t p = first; p < end; p++)
    {
      gint32 g = labels[points->id[p]];
      if (g >= 0 && (size_t) g < n_groups)
        counts[g]++;
    }
  for (size_t p = first; p < end; p++)
    {
      gint32 g = labels[points->id[p]];
      if (g < 0 || (size_t) g >= n_groups || counts[g] == 0)
        continue;
      Share share = { (guint32) g, counts[g] };
      counts[g] = 0;
      guint at = PER_CELL;
      for (; at > 0 && (share.count > top[at - 1].count ||
                        (share.count == top[at - 1].count && share.group < top[at - 1].group));
           at--)
        top[at] = top[at - 1];
      top[at] = share;
    }
  MainGroups result = { .n = 0 };
  for (guint i = 0; i < PER_CELL && top[i].count > 0; i++)
    if (top[i].count * 20 >= top[0].count)
      result.group[result.n++] = top[i].group;
  return result;
}

static void
meet_in_cells (Meetings *meetings, const PlePoints *points, const gint32 *labels, size_t n_groups)
{
  size_t n_cells = (size_t) points->columns * points->rows;
  g_autofree guint32 *counts = g_new0 (guint32, n_groups);
  g_autofree MainGroups *groups = g_new (MainGroups, n_cells);
  for (size_t c = 0; c < n_cells; c++)
    groups[c] = main_groups (points, labels, n_groups, c, counts);

  /* Each cell with itself and with those to the right and above, the diagonals too. */
  static const int steps[5][2] = { { 0, 0 }, { 1, 0 }, { -1, 1 }, { 0, 1 }, { 1, 1 } };
  for (int row = 0; row < (int) points->rows; row++)
    for (int column = 0; column < (int) points->columns; column++)
      for (guint s = 0; s < G_N_ELEMENTS (steps); s++)
        {
          int r = row + steps[s][1], k = column + steps[s][0];
          if (r >= (int) points->rows || k < 0 || k >= (int) points->columns)
            continue;
          size_t a = (size_t) row * points->columns + (size_t) column;
          size_t b = (size_t) r * points->columns + (size_t) k;
          for (guint i = 0; i < groups[a].n; i++)
            for (guint j = a == b ? i + 1 : 0; j < groups[b].n; j++)
              meet (meetings, groups[a].group[i], groups[b].group[j], 1);
        }
}

/* Each medoid with its nearest others, found over a cell index of the medoids in growing squares.
 */
static void
meet_by_medoid (Meetings *meetings, const PlePoints *points, const gint32 *labels, size_t n_groups)
{
  g_autoptr (PleMatrix) xy = ple_matrix_new (n_groups, 2, NULL);
  if (xy == NULL)
    return;
  ple_points_get_medoids (points, labels, n_groups, xy->data);
  g_autoptr (PlePoints) medoids = ple_points_new (xy);
  g_autoptr (GArray) near = g_array_new (FALSE, FALSE, sizeof (guint32));
  double whole = MAX (medoids->extent.max_x - medoids->extent.min_x,
                      medoids->extent.max_y - medoids->extent.min_y);

  for (size_t g = 0; g < n_groups; g++)
    {
      if (medoids->position[g] == PLE_POINTS_NOWHERE)
        continue;
      double x = (double) ple_matrix_row (xy, g)[0], y = (double) ple_matrix_row (xy, g)[1];
      double half = medoids->cell_size / 2;
      for (;; half *= 2)
        {
          g_array_set_size (near, 0);
          PleBox box = { x - half, y - half, x + half, y + half };
          ple_points_select_box (medoids, &box, NULL, 0, near);
          if (near->len > NEAREST || half > whole)
            break;
        }
      guint32 best[NEAREST];
      double distance[NEAREST];
      guint n = 0;
      for (guint i = 0; i < near->len; i++)
        {
          guint32 other = g_array_index (near, guint32, i);
          double dx = (double) ple_matrix_row (xy, other)[0] - x;
          double dy = (double) ple_matrix_row (xy, other)[1] - y;
          double d = dx * dx + dy * dy;
          if (other == g || (n == NEAREST && d >= distance[n - 1]))
            continue;
          guint at = n < NEAREST ? n++ : n - 1;
          for (; at > 0 && distance[at - 1] > d; at--)
            {
              distance[at] = distance[at - 1];
              best[at] = best[at - 1];
            }
          distance[at] = d;
          best[at] = other;
        }
      for (guint i = 0; i < n; i++)
        meet (meetings, (guint32) g, best[i], 1);
    }
}

typedef struct
{
  size_t n;
  size_t *start;      /* (n + 1) */
  guint32 *neighbour; /* by vertex, ascending */
  guint32 *weight;
} Graph;

static int
compare_keys (gconstpointer a, gconstpointer b)
{
  gint64 x = **(const gint64 *const *) a, y = **(const gint64 *const *) b;
  return (x > y) - (x < y);
}

static void
graph_init (Graph *graph, Meetings *meetings, size_t n)
{
  guint n_pairs;
  g_autofree gint64 **keys = (gint64 **) g_hash_table_get_keys_as_array (meetings, &n_pairs);
  /* The table's order depends on its history; the graph must not. */
  qsort (keys, n_pairs, sizeof *keys, compare_keys);
  graph->n = n;
  graph->start = g_new0 (size_t, n + 2);
  graph->neighbour = g_new (guint32, 2 * (size_t) n_pairs);
  graph->weight = g_new (guint32, 2 * (size_t) n_pairs);
  for (guint i = 0; i < n_pairs; i++)
    {
      graph->start[(*keys[i] >> 32) + 2]++;
      graph->start[(*keys[i] & 0xffffffff) + 2]++;
    }
  for (size_t v = 0; v < n; v++)
    graph->start[v + 2] += graph->start[v + 1];
  for (guint i = 0; i < n_pairs; i++)
    {
      guint32 a = (guint32) (*keys[i] >> 32), b = (guint32) (*keys[i] & 0xffffffff);
      guint32 weight = GPOINTER_TO_UINT (g_hash_table_lookup (meetings, keys[i]));
      size_t at = graph->start[a + 1]++;
      graph->neighbour[at] = b;
      graph->weight[at] = weight;
      at = graph->start[b + 1]++;
      graph->neighbour[at] = a;
      graph->weight[at] = weight;
    }
}

static void
graph_clear (Graph *graph)
{
  g_free (graph->start);
  g_free (graph->neighbour);
  g_free (graph->weight);
}

/* Vertices such that each has the fewest neighbours among those before it and itself: taken from
 * the end, always one of least degree (ties: the highest number). O(edges + n). */
static guint32 *
smallest_last (const Graph *graph)
{
  size_t n = graph->n;
  g_autofree guint32 *degree = g_new (guint32, n);
  g_autofree guint32 *next = g_new (guint32, n);
  g_autofree guint32 *head = g_new (guint32, n + 1);
  g_autofree gboolean *taken = g_new0 (gboolean, n);
  guint32 *order = g_new (guint32, n);
  const guint32 none = G_MAXUINT32;
  memset (head, 0xff, (n + 1) * sizeof (guint32));

  /* Buckets by degree as stacks; a vertex whose degree fell is pushed again, its old entry is seen
   * to be stale when it comes up. So the links live in a growing array. */
  g_autoptr (GArray) entries = g_array_new (FALSE, FALSE, sizeof (guint32) * 2);
  for (size_t v = 0; v < n; v++)
    {
      degree[v] = (guint32) (graph->start[v + 1] - graph->start[v]);
      guint32 entry[2] = { (guint32) v, head[degree[v]] };
      head[degree[v]] = entries->len;
      g_array_append_val (entries, entry);
    }
  size_t d = 0;
  for (size_t left = n; left > 0;)
    {
      while (head[d] == none)
        d++;
      const guint32 *entry = (const guint32 *) (gpointer) entries->data + 2 * (size_t) head[d];
      guint32 v = entry[0];
      head[d] = entry[1];
      if (taken[v] || degree[v] != d)
        continue;
      taken[v] = TRUE;
      order[--left] = v;
      for (size_t e = graph->start[v]; e < graph->start[v + 1]; e++)
        {
          guint32 u = graph->neighbour[e];
          if (taken[u])
            continue;
          guint32 again[2] = { u, head[--degree[u]] };
          head[degree[u]] = entries->len;
          g_array_append_val (entries, again);
          d = MIN (d, degree[u]);
        }
    }
  return order;
}

static void
colour_graph (const Graph *graph, guint8 *colours)
{
  const guint8 none = PLE_PALETTE_SIZE;
  const guint n_hues = PLE_PALETTE_SIZE / 2;
  guint64 used[PLE_PALETTE_SIZE] = { 0 };
  g_autofree guint32 *order = smallest_last (graph);
  memset (colours, none, graph->n);

  for (size_t i = 0; i < graph->n; i++)
    {
      guint32 v = order[i];
      guint64 same[PLE_PALETTE_SIZE] = { 0 }, hue[PLE_PALETTE_SIZE] = { 0 };
      for (size_t e = graph->start[v]; e < graph->start[v + 1]; e++)
        {
          guint8 c = colours[graph->neighbour[e]];
          if (c == none)
            continue;
          same[c] += graph->weight[e];
          hue[c % n_hues] = hue[c % n_hues + n_hues] = 1;
        }
      guint best = 0;
      for (guint c = 1; c < PLE_PALETTE_SIZE; c++)
        if (same[c] < same[best] ||
            (same[c] == same[best] &&
             (hue[c] < hue[best] || (hue[c] == hue[best] && used[c] < used[best]))))
          best = c;
      colours[v] = (guint8) best;
      used[best]++;
    }
}

void
ple_palette_assign (const PlePoints *points, const gint32 *labels, size_t n_groups, guint8 *colours)
{
  if (points == NULL || labels == NULL || n_groups <= PLE_PALETTE_SIZE)
    {
      for (size_t g = 0; g < n_groups; g++)
        colours[g] = (guint8) (g % PLE_PALETTE_SIZE);
      return;
    }
  g_autoptr (GHashTable) meetings =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  meet_in_cells (meetings, points, labels, n_groups);
  meet_by_medoid (meetings, points, labels, n_groups);
  Graph graph;
  graph_init (&graph, meetings, n_groups);
  colour_graph (&graph, colours);
  graph_clear (&graph);
}
