/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "gui/ple-session.h"

G_BEGIN_DECLS

typedef enum
{
  PLE_COLOUR_BY_CLUSTER,
  PLE_COLOUR_BY_CLASS,
  PLE_COLOUR_BY_STATE,
  PLE_COLOUR_BY_CONFIDENCE,
  PLE_COLOUR_BY_CORRECTNESS, /* whether the item's class is its cluster's majority */
  PLE_N_COLOUR_MODES,
} PleColourMode;

typedef struct
{
  guint32 colour; /* 0xRRGGBB */
  char *text;
} PleLegendEntry;

/**
 * PleMapColours:
 * @index: (n) entry of @table for each item
 * @table: 0xRRGGBB
 * @legend: of PleLegendEntry: what the colours mean, at most a dozen
 */
typedef struct
{
  guint16 *index;
  size_t n;
  guint32 *table;
  size_t n_table;
  GPtrArray *legend;
} PleMapColours;

/* As things are now. Without what a mode needs (truth, a run) all is grey. (transfer full) */
PleMapColours *ple_map_colours_new (PleSession *session, PleColourMode mode);
void ple_map_colours_free (PleMapColours *colours);

/* Colour of one cluster, 0xRRGGBB. */
guint32 ple_map_colours_of_cluster (PleSession *session, gint32 id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleMapColours, ple_map_colours_free)

G_END_DECLS
