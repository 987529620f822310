/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "plot/ple-splat.h"

#include "base/ple-parallel.h"
#include "plot/ple-splat-private.h"

#include <math.h>

#define MIN_RADIUS 0.6
#define MAX_RADIUS 2.5
#define MAX_PIXEL_RADIUS 7.5
/* Share of the plane to cover where points lie. */
#define COVERAGE 0.5
#define DENSITY_FROM 4.0
#define DENSITY_ROWS 32
/* Bands of rows a thread; more than one, so that a crowded band does not keep the others waiting.
 */
#define BANDS_PER_THREAD 4
/* And not higher than this, so that a cancel is heard in the middle of a picture. */
#define BAND_ROWS 256
/* Furthest that a disc reaches from its point. */
#define REACH (PLE_SPRITE_MAX_SIDE / 2 + 1)

/* Mean number of points a pixel, where there are points at all. */
static double
mean_density (const PlePoints *points, double scale)
{
  double side = points->cell_size * scale;
  return (double) points->n_placed / MAX ((double) points->occupied * side * side, 1);
}

double
ple_splat_radius (const PleSplatScene *scene, double scale)
{
  double ratio = scene->pixel_ratio;
  if (scene->radius > 0)
    return MIN (scene->radius, MAX_PIXEL_RADIUS);
  double density = mean_density (scene->points, scale / ratio);
  double radius = sqrt (COVERAGE / (G_PI * MAX (density, 1e-9)));
  return MIN (CLAMP (radius, MIN_RADIUS, MAX_RADIUS) * scene->size * ratio, MAX_PIXEL_RADIUS);
}

/* One pass over the points that have all of @with and none of @without. */
typedef struct
{
  guint8 with;
  guint8 without;
  gboolean capped;
  const PleSprite *sprite;
  const PleSprite *hollow;
  guint32 fixed_colour; /* 0 for the point's own */
} Pass;

typedef struct
{
  const PleSplatScene *scene;
  PleCamera camera;
  guint cap;
  PleBlit whole;
  guint32 *table;
  Pass passes[6];
  guint n_passes;
  int n_bands;
  gboolean density;
  double peak; /* points a pixel that count as full strength in density mode */
} Render;

/* From data to pixels in float arithmetic that stays exact when zoomed in: (v - middle) scale + at.
 */
typedef struct
{
  float middle_x, middle_y, scale, at_x, at_y;
} Projection;

static Projection
projection_of (const PleCamera *camera)
{
  Projection p = { .middle_x = (float) camera->x,
                   .middle_y = (float) camera->y,
                   .scale = (float) camera->scale };
  p.at_x = (float) (camera->width / 2 + ((double) p.middle_x - camera->x) * camera->scale);
  p.at_y = (float) (camera->height / 2 - ((double) p.middle_y - camera->y) * camera->scale);
  return p;
}

/* The cells from which discs reach into the rows of @blit. */
static PleCellRange
band_cells (const Render *render, const PleBlit *blit)
{
  PleBox box = ple_camera_get_box (&render->camera, REACH);
  double unused;
  ple_camera_to_data (&render->camera, 0, blit->bottom + REACH, &unused, &box.min_y);
  ple_camera_to_data (&render->camera, 0, blit->top - REACH, &unused, &box.max_y);
  return ple_points_get_cells (render->scene->points, &box);
}

/* First position to draw of those in a cell: @most of them, the last, whatever that leaves out. */
static inline size_t
first_drawn (size_t first, size_t end, double most)
{
  return (double) (end - first) > most ? end - (size_t) most : first;
}

static void
draw_pass (const Render *render, const Pass *pass, const PleBlit *blit)
{
  const PleSplatScene *scene = render->scene;
  const PlePoints *points = scene->points;
  const guint8 *flags = scene->flags;
  Projection view = projection_of (&render->camera);
  PleCellRange cells = band_cells (render, blit);
  guint8 care = pass->with | pass->without;
  guint last = scene->n_table - 1;
  float low_x = -REACH, high_x = (float) (blit->width + REACH);
  float low_y = (float) (blit->top - REACH), high_y = (float) (blit->bottom + REACH);
  double side = points->cell_size * render->camera.scale;
  double most = render->cap > 0 && pass->capped ? render->cap * side * side + 1 : HUGE_VAL;

  for (guint row = cells.row; row < cells.row_end; row++)
    for (guint column = cells.column; column < cells.column_end; column++)
      {
        const guint32 *start = points->cell_start + (size_t) row * points->columns + column;
        for (size_t p = first_drawn (start[0], start[1], most); p < start[1]; p++)
          {
            float x = (points->x[p] - view.middle_x) * view.scale + view.at_x;
            float y = view.at_y - (points->y[p] - view.middle_y) * view.scale;
            if (!(x > low_x && x < high_x && y > low_y && y < high_y))
              continue;
            guint8 f = flags != NULL ? flags[p] : 0;
            if ((f & care) != pass->with)
              continue;
            guint32 colour = pass->fixed_colour;
            if (colour == 0)
              colour = render->table[MIN (scene->colours[p], last)];
            ple_blit_sprite (blit, (f & PLE_POINT_HOLLOW) != 0 ? pass->hollow : pass->sprite,
                             colour, x, y);
          }
      }
}

/* Counts and sums of colours a pixel for the rows of @blit. */
static void
sum_density (const Render *render, const PleBlit *blit, float *sums)
{
  const PleSplatScene *scene = render->scene;
  const PlePoints *points = scene->points;
  Projection view = projection_of (&render->camera);
  PleCellRange cells = band_cells (render, blit);
  guint last = scene->n_table - 1;
  float high_x = (float) blit->width, low_y = (float) blit->top, high_y = (float) blit->bottom;

  for (guint row = cells.row; row < cells.row_end; row++)
    {
      const guint32 *start = points->cell_start + (size_t) row * points->columns;
      for (size_t p = start[cells.column]; p < start[cells.column_end]; p++)
        {
          float x = (points->x[p] - view.middle_x) * view.scale + view.at_x;
          float y = view.at_y - (points->y[p] - view.middle_y) * view.scale;
          if (!(x >= 0 && x < high_x && y >= low_y && y < high_y))
            continue;
          guint8 f = scene->flags != NULL ? scene->flags[p] : 0;
          if ((f & PLE_POINT_HIDDEN) != 0)
            continue;
          guint32 c = (f & PLE_POINT_GREYED) != 0 ? scene->grey
                                                  : render->table[MIN (scene->colours[p], last)];
          float *sum =
              sums + 4 * ((size_t) ((int) y - blit->top) * (size_t) blit->width + (size_t) x);
          sum[0] += 1;
          sum[1] += (float) ((c >> 16) & 255);
          sum[2] += (float) ((c >> 8) & 255);
          sum[3] += (float) (c & 255);
        }
    }
}

static guint32
lay_density (guint32 under, const float *sum, double strength)
{
  guint32 mixed = 0;
  for (int shift = 0, channel = 3; channel >= 0; shift += 8, channel--)
    {
      double c = channel == 0 ? 255 : (double) sum[channel] / (double) sum[0];
      double old = (under >> shift) & 255;
      mixed |= (guint32) lround (old + (c - old) * strength) << shift;
    }
  return mixed;
}

static void
draw_density (const Render *render, const PleBlit *blit)
{
  size_t n = (size_t) (blit->bottom - blit->top) * (size_t) blit->width;
  g_autofree float *sums = g_new0 (float, 4 * n);
  sum_density (render, blit, sums);

  double full = log1p (render->peak);
  const float *sum = sums;
  for (int y = blit->top; y < blit->bottom; y++)
    {
      guint32 *row = blit->row + (size_t) y * blit->stride;
      for (int x = 0; x < blit->width; x++, sum += 4)
        if (sum[0] > 0)
          /* A lone point must still be seen. */
          row[x] = lay_density (row[x], sum, MIN (0.2 + 0.8 * log1p ((double) sum[0]) / full, 1));
    }
}

static void
draw_band (const PleChunk *chunk, gpointer data)
{
  const Render *render = data;
  PleBlit blit = render->whole;
  gint64 height = render->whole.bottom;
  blit.top = (int) (height * (gint64) chunk->index / render->n_bands);
  blit.bottom = (int) (height * ((gint64) chunk->index + 1) / render->n_bands);
  if (render->density)
    draw_density (render, &blit);
  for (guint i = 0; i < render->n_passes; i++)
    draw_pass (render, &render->passes[i], &blit);
}

/* The fullest cell's mean, times what crowds within a cell. */
static double
find_peak (const PlePoints *points, double scale)
{
  size_t n_cells = (size_t) points->columns * points->rows;
  guint32 most = 0;
  for (size_t c = 0; c < n_cells; c++)
    most = MAX (most, points->cell_start[c + 1] - points->cell_start[c]);
  double side = points->cell_size * scale;
  return MAX (3 * most / MAX (side * side, 1), 4);
}

enum
{
  SPRITE_NORMAL,
  SPRITE_HOLLOW,
  SPRITE_BIG,
  SPRITE_BIG_HOLLOW,
  SPRITE_RING,
  SPRITE_ACCENT,
  N_SPRITES
};

static void
make_sprites (const PleSplatScene *scene, double radius, PleSprite sprites[N_SPRITES])
{
  double ratio = scene->pixel_ratio;
  double big = MIN (MAX (radius * 1.25, radius + 0.6 * ratio), MAX_PIXEL_RADIUS - 1);
  double line = MAX (1.2 * ratio, radius * 0.35);
  double hole = MAX (radius - line, 0);
  ple_sprite_init (&sprites[SPRITE_NORMAL], radius, 0, scene->opacity);
  ple_sprite_init (&sprites[SPRITE_HOLLOW], radius, hole, hole > 0 ? 1 : scene->opacity / 2);
  ple_sprite_init (&sprites[SPRITE_BIG], big, 0, 1);
  ple_sprite_init (&sprites[SPRITE_BIG_HOLLOW], big, MAX (big - line, 0), 1);
  ple_sprite_init (&sprites[SPRITE_RING], MIN (big + 0.8 * ratio, MAX_PIXEL_RADIUS), 0, 0.85);
  ple_sprite_init (&sprites[SPRITE_ACCENT], MIN (big + 1.3 * ratio, MAX_PIXEL_RADIUS), 0, 1);
}

/* Layers from the back: grey context, points, highlighted ones, selected ones. The rings of a layer
 * all lie beneath its discs, so that where points crowd they outline the whole. */
static void
plan_passes (Render *render, guint8 present, const PleSprite *sprites)
{
  const PleSplatScene *scene = render->scene;
  const guint8 front = PLE_POINT_HIGHLIGHTED | PLE_POINT_SELECTED;
  Pass grey = { .with = PLE_POINT_GREYED,
                .without = PLE_POINT_HIDDEN | front,
                .capped = TRUE,
                .sprite = &sprites[SPRITE_NORMAL],
                .hollow = &sprites[SPRITE_HOLLOW],
                .fixed_colour = 0xff000000u | scene->grey };
  Pass discs = grey;
  discs.with = 0;
  discs.without = PLE_POINT_HIDDEN | PLE_POINT_GREYED | front;
  discs.fixed_colour = 0;
  if (!render->density)
    {
      if ((present & PLE_POINT_GREYED) != 0)
        render->passes[render->n_passes++] = grey;
      render->passes[render->n_passes++] = discs;
    }
  for (guint i = 0; i < 2; i++)
    {
      guint8 layer = i == 0 ? PLE_POINT_HIGHLIGHTED : PLE_POINT_SELECTED;
      if ((present & layer) == 0)
        continue;
      guint32 colour = i == 0 ? scene->ring : scene->accent;
      const PleSprite *ring = &sprites[i == 0 ? SPRITE_RING : SPRITE_ACCENT];
      Pass pass = { .with = layer,
                    .without = PLE_POINT_HIDDEN | (i == 0 ? PLE_POINT_SELECTED : 0),
                    .sprite = ring,
                    .hollow = ring,
                    .fixed_colour = 0xff000000u | colour };
      render->passes[render->n_passes++] = pass;
      pass.sprite = &sprites[SPRITE_BIG];
      pass.hollow = &sprites[SPRITE_BIG_HOLLOW];
      pass.fixed_colour = 0;
      render->passes[render->n_passes++] = pass;
    }
}

gboolean
ple_splat_render (const PleSplatScene *scene,
                  const PleCamera *camera,
                  guint cap,
                  cairo_surface_t *target,
                  PleProgress *progress,
                  GError **error)
{
  cairo_format_t format = cairo_image_surface_get_format (target);
  g_return_val_if_fail (format == CAIRO_FORMAT_RGB24 || format == CAIRO_FORMAT_ARGB32, FALSE);
  g_return_val_if_fail (scene->n_table > 0 && scene->pixel_ratio > 0, FALSE);

  const PlePoints *points = scene->points;
  int width = cairo_image_surface_get_width (target);
  int height = cairo_image_surface_get_height (target);
  if (points->n_placed == 0 || width < 1 || height < 1)
    return ple_progress_check (progress, error);
  Render render = { .scene = scene, .camera = *camera, .cap = cap };
  render.camera.width = width;
  render.camera.height = height;
  cairo_surface_flush (target);
  render.whole =
      (PleBlit){ .row = (guint32 *) (void *) cairo_image_surface_get_data (target),
                 .stride = (size_t) cairo_image_surface_get_stride (target) / sizeof (guint32),
                 .width = width,
                 .bottom = height };

  guint8 present = 0;
  if (scene->flags != NULL)
    for (size_t p = 0; p < points->n_placed; p++)
      present |= scene->flags[p];
  render.density =
      scene->mode == PLE_SPLAT_DENSITY ||
      (scene->mode == PLE_SPLAT_AUTO && mean_density (points, camera->scale) > DENSITY_FROM);
  render.peak = find_peak (points, camera->scale);

  PleSprite sprites[N_SPRITES];
  make_sprites (scene, ple_splat_radius (scene, camera->scale), sprites);
  plan_passes (&render, present, sprites);
  g_autofree guint32 *table = g_new (guint32, scene->n_table);
  for (guint i = 0; i < scene->n_table; i++)
    table[i] = 0xff000000u | scene->table[i];
  render.table = table;

  guint n_threads = ple_progress_get_n_threads (progress);
  render.n_bands = MAX (n_threads > 1 ? (int) n_threads * BANDS_PER_THREAD : 1, height / BAND_ROWS);
  render.n_bands = MIN (render.n_bands, height);
  if (render.density)
    render.n_bands = MAX (render.n_bands, height / DENSITY_ROWS);
  gboolean done =
      ple_parallel_for ((size_t) render.n_bands, 1, draw_band, &render, progress, error);

  for (guint i = 0; i < N_SPRITES; i++)
    ple_sprite_clear (&sprites[i]);
  cairo_surface_mark_dirty (target);
  return done;
}
