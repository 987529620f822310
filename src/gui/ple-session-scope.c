/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The scope: which pictures the grid shows, in which order. */
#include "config.h"

#include "gui/ple-session-private.h"

void
ple_session_update_shown (PleSession *session)
{
  size_t n = 0;
  const guint32 *items = NULL;

  g_array_set_size (session->shown, 0);
  if (session->index == NULL)
    return;
  if (session->scope >= (gint32) ple_cluster_index_get_n_ids (session->index))
    session->scope = PLE_SCOPE_ALL;
  if (session->scope == PLE_SCOPE_ALL)
    for (guint32 i = 0; i < ple_session_get_n_items (session); i++)
      g_array_append_val (session->shown, i);
  else
    {
      if (session->scope == PLE_SCOPE_PICKED)
        {
          items = (const guint32 *) session->picked->data;
          n = session->picked->len;
        }
      else
        items = ple_cluster_index_get_members (session->index, session->scope, &n);
      if (n > 0)
        g_array_append_vals (session->shown, items, (guint) n);
    }
  /* Without clusters nothing is more typical than anything else. */
  if (ple_cluster_index_get_n_ids (session->index) > 0 &&
      !(session->scope == PLE_SCOPE_ALL && session->order <= PLE_ORDER_EDGE))
    ple_cluster_index_sort (session->index, (guint32 *) session->shown->data, session->shown->len,
                            session->order, 1);
}

void
ple_session_scope_changed (PleSession *session)
{
  ple_session_update_shown (session);
  ple_session_emit (session, PLE_SESSION_SCOPE_CHANGED);
}

gint32
ple_session_get_scope (PleSession *session)
{
  return session->scope;
}

PleOrder
ple_session_get_order (PleSession *session)
{
  return session->order;
}

void
ple_session_set_order (PleSession *session, PleOrder order)
{
  if (session->order == order)
    return;
  session->order = order;
  ple_session_scope_changed (session);
}

void
ple_session_set_scope (PleSession *session, gint32 scope)
{
  if (session->scope == scope)
    return;
  session->scope = scope;
  ple_session_scope_changed (session);
}

void
ple_session_pick (PleSession *session, const guint32 *items, size_t n)
{
  g_array_set_size (session->picked, 0);
  if (n > 0)
    g_array_append_vals (session->picked, items, (guint) n);
  session->scope = PLE_SCOPE_PICKED;
  ple_session_scope_changed (session);
}

const guint32 *
ple_session_get_shown (PleSession *session, size_t *n)
{
  *n = session->shown->len;
  return (const guint32 *) session->shown->data;
}

void
ple_session_select_cluster (PleSession *session, gint32 id)
{
  const guint32 *members;
  size_t n;

  if (session->index == NULL || id < PLE_GROUP_EXCLUDED ||
      id >= (gint32) ple_cluster_index_get_n_ids (session->index))
    return;
  ple_session_set_scope (session, id);
  members = ple_cluster_index_get_members (session->index, id, &n);
  ple_selection_apply (session->selection, members, n, PLE_SELECT_REPLACE);
  if (session->shown->len > 0)
    ple_selection_set_focus (session->selection, g_array_index (session->shown, guint32, 0));
}
