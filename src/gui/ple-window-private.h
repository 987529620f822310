/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "gui/ple-downloads.h"
#include "gui/ple-frame-log.h"
#include "gui/ple-import-page.h"
#include "gui/ple-jobs-button.h"
#include "gui/ple-models-window.h"
#include "gui/ple-project-page.h"
#include "gui/ple-welcome-page.h"
#include "gui/ple-window.h"

G_BEGIN_DECLS

struct _PleWindow
{
  GtkApplicationWindow parent_instance;

  GtkHeaderBar *header_bar;
  GtkWidget *undo_box;
  GtkWidget *menu_button;
  PleJobsButton *jobs_button;
  GtkStack *stack;
  PleWelcomePage *welcome_page;
  PleImportPage *import_page;
  PleProjectPage *project_page;
  GtkWidget *info_bar;
  GtkLabel *info_label;
  GtkLabel *info_detail;
  GtkWidget *toast_revealer;
  GtkLabel *toast_label;
  GtkWidget *toast_undo;

  PleSession *session;
  GSettings *settings;
  PleDownloads *downloads;
  PleModelsWindow *models_window; /* %NULL while it is closed */
  PleFrameLog *frame_log;
  guint toast_source;
  guint settle_source;
  gboolean has_mosaic; /* of the run that is shown */
};

/* The action table. */
void ple_window_init_actions (PleWindow *window);
/* ple-window-downloads.c: what gets models and data sets, and the actions for it. */
void ple_window_init_downloads (PleWindow *window, const PleEnvironment *environment);
/* Where the recipe says "auto": the best vision model that is here, if one is. */
void ple_window_choose_model (PleWindow *window);
/* ple-window-readouts.c: enabled states and read-outs, after anything has changed. */
void ple_window_update_actions (PleWindow *window);

/* Draws the project's tile of the welcome page from what is open now; with @wait before it returns,
 * else on a thread. */
void ple_window_keep_mosaic (PleWindow *window, gboolean wait);

/* An event that passes; @offer_undo adds a button. */
void ple_window_toast (PleWindow *window, const char *text, gboolean offer_undo);
/* A lasting condition. */
void ple_window_show_info (PleWindow *window, const char *text, const char *detail, gboolean error);

G_END_DECLS
