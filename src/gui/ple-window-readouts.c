/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a window says of itself: which of its commands make sense now, and the stateful actions that
 * tests and scripts read. */
#include "config.h"

#include "gui/ple-window-private.h"

#include "base/ple-json.h"

#include <glib/gi18n.h>

/* While something is on its way to the screen, "settled" is looked at again this often. */
#define SETTLE_INTERVAL_MS 50

static void
set_readout (PleWindow *window, const char *name, GVariant *value)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (window), name);
  g_autoptr (GVariant) owned = g_variant_ref_sink (value);
  g_autoptr (GVariant) old = g_action_get_state (action);

  if (!g_variant_equal (old, owned))
    g_simple_action_set_state (G_SIMPLE_ACTION (action), owned);
}

static char *
describe_job (PleSession *session)
{
  PleJob *job = ple_session_get_shown_job (session);

  if (ple_session_is_busy (session))
    return g_strdup (_ ("working"));
  if (job == NULL || ple_job_is_over (job))
    return g_strdup ("idle");
  return g_strdup_printf ("%s %.0f %%",
                          ple_job_get_stage (job) != NULL ? ple_job_get_stage (job)
                                                          : ple_job_get_title (job),
                          100 * ple_job_get_fraction (job));
}

static char *
describe_recipe (PleSession *session)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (node, json_object_new ());
  ple_recipe_to_json (ple_session_get_recipe (session), json_node_get_object (node));
  return ple_json_to_text (node, 0);
}

static gboolean
is_settled (PleWindow *window)
{
  PleJob *job = ple_session_get_shown_job (window->session);

  if (job != NULL && !ple_job_is_over (job))
    return FALSE;
  if (ple_session_is_busy (window->session) ||
      ple_session_get_phase (window->session) == PLE_PHASE_OPENING)
    return FALSE;
  return ple_session_get_phase (window->session) != PLE_PHASE_PROJECT ||
         ple_project_page_is_settled (window->project_page);
}

static gboolean
on_settle_timeout (gpointer data)
{
  PleWindow *window = data;
  gboolean settled = is_settled (window);
  guint bench_left = ple_map_view_get_bench_left (ple_project_page_get_map (window->project_page));

  set_readout (window, "settled", g_variant_new_boolean (settled));
  set_readout (window, "bench-left", g_variant_new_int32 ((gint32) bench_left));
  if (!settled || bench_left > 0)
    return G_SOURCE_CONTINUE;
  window->settle_source = 0;
  return G_SOURCE_REMOVE;
}

/* Drawing goes on behind our back: look again until all is there. */
static void
watch_settling (PleWindow *window)
{
  set_readout (window, "settled", g_variant_new_boolean (FALSE));
  if (window->settle_source == 0)
    window->settle_source = g_timeout_add (SETTLE_INTERVAL_MS, on_settle_timeout, window);
}

static void
update_readouts (PleWindow *window)
{
  PleSession *session = window->session;
  PleCuration *curation = ple_session_get_curation (session);
  PleRun *run = ple_session_get_run (session);
  PleClusterIndex *index = ple_session_get_index (session);
  g_autofree char *job = describe_job (session);
  g_autofree char *recipe = describe_recipe (session);
  const char *undo = curation != NULL ? ple_curation_get_undo_label (curation) : NULL;
  size_t n_clusters = curation != NULL ? ple_curation_get_n_alive (curation)
                      : index != NULL  ? ple_cluster_index_get_n_ids (index)
                                       : 0;
  size_t n_confirmed =
      curation != NULL ? ple_curation_count_state (curation, PLE_STATE_CONFIRMED) : 0;

  set_readout (window, "show-run", g_variant_new_string (run != NULL ? run->key : ""));
  set_readout (window, "recipe", g_variant_new_string (recipe));
  set_readout (window, "n-items", g_variant_new_int32 ((gint32) ple_session_get_n_items (session)));
  set_readout (window, "n-clusters", g_variant_new_int32 ((gint32) n_clusters));
  set_readout (window, "n-selected",
               g_variant_new_int32 (
                   (gint32) ple_selection_get_n_selected (ple_session_get_selection (session))));
  set_readout (window, "n-confirmed", g_variant_new_int32 ((gint32) n_confirmed));
  set_readout (window, "job", g_variant_new_string (job));
  set_readout (window, "undo-label", g_variant_new_string (undo != NULL ? undo : ""));
}

/* What there must be for a command to make sense. */
enum
{
  PROJECT = 1 << 0,
  CURATION = 1 << 1, /* a run is done: there are labels to decide on */
  SELECTION = 1 << 2,
  CLUSTER = 1 << 3, /* one is shown */
  UNDO = 1 << 4,
  REDO = 1 << 5,
  IMPORT = 1 << 6, /* the recipe is being chosen */
  PICTURES = 1 << 7,
  OPEN = 1 << 8, /* or on its way to be */
  JOB = 1 << 9,
  NO_JOB = 1 << 10,
  CLASSES = 1 << 11,
};

static const struct
{
  const char *action;
  guint needs;
} needs[] = {
  { "close-project", OPEN },
  { "set-param", IMPORT },
  { "start", IMPORT },
  { "new-run", PROJECT | NO_JOB },
  { "show-run", CURATION },
  { "job-pause", JOB },
  { "job-stop", JOB },
  { "job-cancel", JOB },
  { "copy-command", PICTURES },
  { "select-all", PROJECT },
  { "select-none", SELECTION },
  { "select-invert", PROJECT },
  { "show-all", PROJECT },
  { "step-cluster", PROJECT },
  { "find-cluster", PROJECT },
  { "copy-paths", SELECTION },
  { "name-cluster", CURATION },
  { "move-selection", CURATION | SELECTION },
  { "merge-clusters", CURATION | SELECTION },
  { "split-selection", CURATION | SELECTION },
  { "confirm", CURATION | SELECTION },
  { "exclude", CURATION | SELECTION },
  { "unsure", CURATION | SELECTION },
  { "reset", CURATION | SELECTION },
  { "undo", UNDO },
  { "redo", REDO },
  { "name-dialog", CURATION | CLUSTER },
  { "move-dialog", CURATION | SELECTION },
  { "split-dialog", CURATION | SELECTION },
  { "export", CURATION },
  { "export-dialog", CURATION },
  { "side-by-side", CLASSES },
};

/* What of it there is. */
static guint
find_means (PleWindow *window)
{
  PleSession *session = window->session;
  PleCuration *curation = ple_session_get_curation (session);
  PleDataset *dataset = ple_session_get_dataset (session);
  PleJob *job = ple_session_get_shown_job (session);
  PlePhase phase = ple_session_get_phase (session);
  const struct
  {
    gboolean there;
    guint means;
  } all[] = {
    { phase == PLE_PHASE_PROJECT, PROJECT },
    { curation != NULL, CURATION },
    { ple_selection_get_n_selected (ple_session_get_selection (session)) > 0, SELECTION },
    { ple_session_get_scope (session) >= 0, CLUSTER },
    { curation != NULL && ple_curation_get_undo_label (curation) != NULL, UNDO },
    { curation != NULL && ple_curation_get_redo_label (curation) != NULL, REDO },
    { phase == PLE_PHASE_IMPORT, IMPORT },
    { phase >= PLE_PHASE_IMPORT, PICTURES },
    { phase != PLE_PHASE_WELCOME, OPEN },
    { job != NULL && !ple_job_is_over (job), JOB },
    { job == NULL || ple_job_is_over (job), NO_JOB },
    { dataset != NULL && ple_dataset_get_n_classes (dataset) > 0, CLASSES },
  };
  guint means = 0;

  for (size_t i = 0; i < G_N_ELEMENTS (all); i++)
    if (all[i].there)
      means |= all[i].means;
  return means;
}

void
ple_window_update_actions (PleWindow *window)
{
  guint means = find_means (window);

  for (size_t i = 0; i < G_N_ELEMENTS (needs); i++)
    g_simple_action_set_enabled (
        G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (window), needs[i].action)),
        (needs[i].needs & ~means) == 0);
  update_readouts (window);
  watch_settling (window);
}
