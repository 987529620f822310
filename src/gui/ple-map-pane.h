/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "gui/ple-map-colours.h"
#include "gui/ple-map-view.h"

G_BEGIN_DECLS

/**
 * PleMapPane:
 *
 * The map of a session with what lies on it: tools, legend, names, the picture under the pointer, a
 * note while there is no map. It listens to the session. On demand a second map beside shows the
 * true classes: both have one selection, one hover ring and one camera.
 *
 * Signals: "context-menu" (GdkEvent, or %NULL from the keyboard).
 */
#define PLE_TYPE_MAP_PANE (ple_map_pane_get_type ())
G_DECLARE_FINAL_TYPE (PleMapPane, ple_map_pane, PLE, MAP_PANE, GtkOverlay)

/* Once; the session must live longer than the pane. */
void ple_map_pane_set_session (PleMapPane *pane, PleSession *session);
/* The left map, which is always there. */
PleMapView *ple_map_pane_get_map (PleMapPane *pane);
/* That of the true classes, which may be hidden. */
PleMapView *ple_map_pane_get_truth_map (PleMapPane *pane);
void ple_map_pane_set_colour_mode (PleMapPane *pane, PleColourMode mode);
void ple_map_pane_set_side_by_side (PleMapPane *pane, gboolean shown);
void ple_map_pane_set_legend (PleMapPane *pane, gboolean shown);
void ple_map_pane_set_tool (PleMapPane *pane, PleMapTool tool);
/* Whether one of the maps has the keyboard. */
gboolean ple_map_pane_has_focus (PleMapPane *pane);
gboolean ple_map_pane_is_settled (PleMapPane *pane);

G_END_DECLS
