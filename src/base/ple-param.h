/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/ple-hash.h"

G_BEGIN_DECLS

/**
 * PleParam:
 *
 * One setting of a method, declared once in a constant table. From the table come the form in the
 * window, the options of the command line, config.json, the cache key, the search space and the
 * table in the README. Fill it with the PLE_INT(), PLE_INT64(), PLE_DOUBLE(), PLE_BOOL(),
 * PLE_ENUM() and PLE_STRING() macros, which check the C type of the struct's member at compile
 * time; further fields follow as designated initialisers. A table ends with PLE_PARAM_END.
 */
typedef enum
{
  PLE_PARAM_INT,    /* int */
  PLE_PARAM_INT64,  /* gint64; seeds */
  PLE_PARAM_DOUBLE, /* double */
  PLE_PARAM_BOOL,   /* bool */
  PLE_PARAM_ENUM,   /* int, one of choices */
  PLE_PARAM_STRING, /* char *, owned; "" by default, never NULL */
} PleParamType;

typedef enum
{
  PLE_SCALE_LINEAR,
  PLE_SCALE_LOG,
} PleParamScale;

/**
 * PleParamFlags:
 * @PLE_PARAM_ADVANCED: folded away in forms, listed last in --help
 * @PLE_PARAM_NO_EFFECT: does not change the result (threads, batch of extraction): not in the cache
 * key
 * @PLE_PARAM_NOT_SEARCHED: not in the default search space
 * @PLE_PARAM_ZERO_IS_AUTO: 0 means that the method chooses by its rule; forms show "automatic"
 * @PLE_PARAM_HIDDEN: command line only, not in forms
 */
typedef enum
{
  PLE_PARAM_FLAGS_NONE = 0,
  PLE_PARAM_ADVANCED = 1 << 0,
  PLE_PARAM_NO_EFFECT = 1 << 1,
  PLE_PARAM_NOT_SEARCHED = 1 << 2,
  PLE_PARAM_ZERO_IS_AUTO = 1 << 3,
  PLE_PARAM_HIDDEN = 1 << 4,
} PleParamFlags;

typedef struct
{
  int value;
  const char *nick;  /* as written on the command line and in files */
  const char *label; /* N_() */
} PleParamChoice;

typedef struct
{
  PleParamType type;
  const char *name; /* as the seeds' command lines have it, with '_' */
  const char *label;
  size_t offset;
  double default_number;
  const char *default_string;
  double min;
  double max;
  double ui_min; /* slider's range where it differs from the legal one: both 0 for the legal one */
  double ui_max;
  PleParamScale scale;
  PleParamFlags flags;
  const char *blurb; /* N_(): one or two sentences */
  const char *unit;
  const PleParamChoice *choices; /* ends with a NULL nick */
  const char *aliases;           /* other names, separated by spaces: old ones, the originals' */
  const char *only_when;         /* "name=value": applies only then */
} PleParam;

/* Adds nothing; does not compile if the member is not of that type. */
#define PLE_PARAM_CHECK_(S, member, T)                                                             \
  (0 * sizeof (char[_Generic(((S *) 0)->member, T : 1, default : -1)]))

#define PLE_INT(S, member, Name, Label, Default, Min, Max, ...)                                    \
  {                                                                                                \
    .type = PLE_PARAM_INT, .name = Name, .label = Label,                                           \
    .offset = offsetof (S, member) + PLE_PARAM_CHECK_ (S, member, int), .default_number = Default, \
    .min = Min, .max = Max, __VA_ARGS__                                                            \
  }
#define PLE_INT64(S, member, Name, Label, Default, Min, Max, ...)                                  \
  {                                                                                                \
    .type = PLE_PARAM_INT64, .name = Name, .label = Label,                                         \
    .offset = offsetof (S, member) + PLE_PARAM_CHECK_ (S, member, gint64),                         \
    .default_number = Default, .min = Min, .max = Max, __VA_ARGS__                                 \
  }
#define PLE_DOUBLE(S, member, Name, Label, Default, Min, Max, ...)                                 \
  {                                                                                                \
    .type = PLE_PARAM_DOUBLE, .name = Name, .label = Label,                                        \
    .offset = offsetof (S, member) + PLE_PARAM_CHECK_ (S, member, double),                         \
    .default_number = Default, .min = Min, .max = Max, __VA_ARGS__                                 \
  }
#define PLE_BOOL(S, member, Name, Label, Default, ...)                                             \
  {                                                                                                \
    .type = PLE_PARAM_BOOL, .name = Name, .label = Label,                                          \
    .offset = offsetof (S, member) + PLE_PARAM_CHECK_ (S, member, bool),                           \
    .default_number = Default, .min = 0, .max = 1, __VA_ARGS__                                     \
  }
#define PLE_ENUM(S, member, Name, Label, Default, Choices, ...)                                    \
  {                                                                                                \
    .type = PLE_PARAM_ENUM, .name = Name, .label = Label,                                          \
    .offset = offsetof (S, member) + PLE_PARAM_CHECK_ (S, member, int), .default_number = Default, \
    .choices = Choices, __VA_ARGS__                                                                \
  }
#define PLE_STRING(S, member, Name, Label, Default, ...)                                           \
  {                                                                                                \
    .type = PLE_PARAM_STRING, .name = Name, .label = Label,                                        \
    .offset = offsetof (S, member) + PLE_PARAM_CHECK_ (S, member, char *),                         \
    .default_string = Default, __VA_ARGS__                                                         \
  }
#define PLE_PARAM_END                                                                              \
  {                                                                                                \
    .name = NULL                                                                                   \
  }

/**
 * PlePreset:
 *
 * A named set of values of one table. An option given by the person overrides the preset; what is
 * not given follows it. A list ends with a %NULL id; the first entry is the default.
 */
typedef struct
{
  const char *id;
  const char *title;    /* N_() */
  const char *settings; /* "name=value name=value" */
} PlePreset;

#define PLE_PARAM_ERROR (ple_param_error_quark ())
typedef enum
{
  PLE_PARAM_ERROR_UNKNOWN, /* no setting of that name */
  PLE_PARAM_ERROR_VALUE,   /* not a number, not one of the choices */
  PLE_PARAM_ERROR_RANGE,   /* outside [min, max]; never clamped */
} PleParamError;
GQuark ple_param_error_quark (void);

/**
 * PleParams:
 *
 * A table with the struct of its values. Emits "changed" with the entry's name as detail. Not
 * thread-safe: hand a worker a ple_params_copy() and let it read ple_params_get_struct().
 */
#define PLE_TYPE_PARAMS (ple_params_get_type ())
G_DECLARE_FINAL_TYPE (PleParams, ple_params, PLE, PARAMS, GObject)

/**
 * ple_params_new:
 * @table: constant, ends with PLE_PARAM_END; kept
 * @struct_size: sizeof of the struct that the table describes
 *
 * Returns: (transfer full): all values at their defaults
 */
PleParams *ple_params_new (const PleParam *table, size_t struct_size);
PleParams *ple_params_copy (PleParams *params);

/* The values, as the C struct of the table; valid until the next change. (transfer none) */
gconstpointer ple_params_get_struct (PleParams *params);
const PleParam *ple_params_get_table (PleParams *params);

/* The entry of that name or alias ('-' and '_' alike), or %NULL. */
const PleParam *ple_param_find (const PleParam *table, const char *name);
/* Whether entry's @only_when holds. */
gboolean ple_params_applies (PleParams *params, const PleParam *entry);

/* Sets from text; marks as given. Booleans: true false yes no 1 0 on off. */
gboolean ple_params_set (PleParams *params, const char *name, const char *value, GError **error);
/* As text, C locale. (transfer full) */
char *ple_params_get (PleParams *params, const char *name);
/* Number of INT, INT64, DOUBLE, BOOL or ENUM. */
double ple_params_get_number (PleParams *params, const char *name);
gboolean ple_params_set_number (PleParams *params, const char *name, double value, GError **error);

/* Whether a value was given by ple_params_set*() (and not by a preset or default). */
gboolean ple_params_is_given (PleParams *params, const char *name);
/* All values back to their defaults, none given. */
void ple_params_reset (PleParams *params);
/* Values of the preset for all that is not given, defaults for the rest. Returns: %FALSE for an
 * unknown preset. */
gboolean ple_params_apply_preset (PleParams *params,
                                  const PlePreset *presets,
                                  const char *id,
                                  GError **error);

/* Adds a member per entry to @object. */
void ple_params_to_json (PleParams *params, JsonObject *object);
/* Takes the members that the table knows; others are left alone. Values are checked. */
gboolean ple_params_from_json (PleParams *params, JsonObject *object, GError **error);
/* All entries but those marked PLE_PARAM_NO_EFFECT. */
void ple_params_hash (PleParams *params, PleHash *hash);

/* One line of help for an entry: blurb, range, default; translated. (transfer full) */
char *ple_param_describe (const PleParam *entry);

G_END_DECLS
