/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "plot/ple-camera.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * PleMapLabels:
 *
 * Names on the map at the medoids of their groups, the weightiest first, none over another. Which
 * names fit is worked out when the scale has changed, not in each frame; each name is drawn once
 * and then only copied, so a frame costs a few microseconds a name.
 */
typedef struct _PleMapLabels PleMapLabels;

PleMapLabels *ple_map_labels_new (void);
void ple_map_labels_free (PleMapLabels *labels);

/**
 * ple_map_labels_set:
 * @names: (array length=n): entries may be %NULL for none
 * @xy: (n, 2) data coordinates; NaN for none
 * @weights: (nullable) (n): such as counts; %NULL for the order given
 */
void ple_map_labels_set (PleMapLabels *labels,
                         size_t n,
                         const char *const *names,
                         const float *xy,
                         const double *weights);

/* Forgets what was drawn: the font, the colours or the scale factor have changed. */
void ple_map_labels_restyle (PleMapLabels *labels, guint32 ink, guint32 halo);

/* @final: the camera does not move any more, so names are placed anew if that is due. */
void ple_map_labels_draw (
    PleMapLabels *labels, GtkWidget *widget, cairo_t *cr, const PleCamera *camera, gboolean final);

/* Names drawn in the last frame. */
guint ple_map_labels_get_n_placed (PleMapLabels *labels);

G_END_DECLS
