/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "gui/ple-cluster-rows.h"
#include "gui/ple-map-pane.h"
#include "gui/ple-tiles-view.h"

G_BEGIN_DECLS

/* The project: clusters on the left, map above pictures in the middle, the inspector on the right,
 * the verbs below while something is selected. It shows the session and hands gestures on to it;
 * commands are actions of the window. */
#define PLE_TYPE_PROJECT_PAGE (ple_project_page_get_type ())
G_DECLARE_FINAL_TYPE (PleProjectPage, ple_project_page, PLE, PROJECT_PAGE, GtkBox)

void ple_project_page_set_session (PleProjectPage *page, PleSession *session);
/* The left map. */
PleMapView *ple_project_page_get_map (PleProjectPage *page);
PleTilesView *ple_project_page_get_tiles (PleProjectPage *page);
void ple_project_page_set_colour_mode (PleProjectPage *page, PleColourMode mode);
void ple_project_page_set_sort (PleProjectPage *page, PleClusterSort sort);
void ple_project_page_set_tool (PleProjectPage *page, PleMapTool tool);
void ple_project_page_set_side_by_side (PleProjectPage *page, gboolean shown);
void ple_project_page_set_legend (PleProjectPage *page, gboolean shown);
void ple_project_page_set_sidebar (PleProjectPage *page, gboolean shown);
void ple_project_page_set_inspector (PleProjectPage *page, gboolean shown);
void ple_project_page_focus_filter (PleProjectPage *page);
/* The next cluster of the list, or the one before. */
void ple_project_page_step_cluster (PleProjectPage *page, int direction);
gboolean ple_project_page_is_settled (PleProjectPage *page);

/* Ask for a name beside what is meant. */
void ple_project_page_ask_name (PleProjectPage *page);
void ple_project_page_ask_target (PleProjectPage *page);
/* The button that the number of parts is asked at. */
GtkWidget *ple_project_page_get_split_button (PleProjectPage *page);

G_END_DECLS
