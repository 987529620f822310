/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-environment.h"
#include "base/ple-json.h"
#include "base/ple-progress.h"
#include "project/ple-recipe.h"

G_BEGIN_DECLS

/* What all commands of pleiades-cli share: the options, made from parameter tables; progress on
 * standard error; errors and how they become exit codes. A command is a constant PleCommand with
 * one function; main.c has the list. */

typedef struct _PleCommand PleCommand;

/**
 * PleCommonOptions:
 * @progress: how to show it on standard error
 * @threads: 0 for one per processor
 * @json: one object on standard output instead of text
 * @device: "auto", "cpu" or "cuda"
 *
 * What every command takes.
 */
typedef struct
{
  int progress;
  int threads;
  bool json;
  char *device;
} PleCommonOptions;

extern const PleParam ple_cli_common_table[];

typedef enum
{
  PLE_CLI_PROGRESS_AUTO, /* a bar on a terminal, else a line per stage */
  PLE_CLI_PROGRESS_BAR,
  PLE_CLI_PROGRESS_LINES,
  PLE_CLI_PROGRESS_JSON,
  PLE_CLI_PROGRESS_NONE,
} PleCliProgressStyle;

/**
 * PleCli:
 * @command: that runs
 * @environment: what the environment variables say
 * @options: of the command's own table; %NULL if it has none
 * @common: of all commands
 * @recipe: (nullable): of commands that have one, with what was given
 * @arguments: the words that are no options
 * @progress: root, for the work; SIGINT and SIGTERM cancel it
 * @resumes: set by a command that goes on where it was cancelled when it is given again
 */
typedef struct
{
  const PleCommand *command;
  const PleEnvironment *environment;
  PleParams *options;
  PleParams *common;
  PleRecipe *recipe;
  GPtrArray *arguments;
  PleProgress *progress;
  gboolean resumes;
} PleCli;

/**
 * PleCommand:
 * @name: as typed
 * @arguments: for the usage line, such as "DIR [OPTION…]"
 * @summary: N_(): a sentence
 * @params: (nullable): its own options
 * @params_size: of their struct
 * @recipe_names: (nullable) (array zero-terminated=1): names of the run's own table that it takes;
 *   %NULL if it has no recipe
 * @recipe_parts: bits (1 << PleRecipePart) of the other tables that it takes
 * @method_is: (nullable): the name of the run's own table that --method means here
 * @min_arguments: words needed
 * @max_arguments: words allowed
 * @run: the work; what it prints goes to standard output at the end
 */
struct _PleCommand
{
  const char *name;
  const char *arguments;
  const char *summary;
  const PleParam *params;
  size_t params_size;
  const char *const *recipe_names;
  guint recipe_parts;
  const char *method_is;
  guint min_arguments;
  guint max_arguments;
  gboolean (*run) (PleCli *cli, GError **error);
};

extern const PleCommand ple_command_analyze;
extern const PleCommand ple_command_cluster;
extern const PleCommand ple_command_datasets;
extern const PleCommand ple_command_embed;
extern const PleCommand ple_command_evaluate;
extern const PleCommand ple_command_export;
extern const PleCommand ple_command_features;
extern const PleCommand ple_command_info;
extern const PleCommand ple_command_knn;
extern const PleCommand ple_command_methods;
extern const PleCommand ple_command_models;
extern const PleCommand ple_command_name_clusters;
extern const PleCommand ple_command_probe;
extern const PleCommand ple_command_pseudo_label;
extern const PleCommand ple_command_run;
extern const PleCommand ple_command_sample;

/* A command line that makes no sense: exit code 2. */
#define PLE_CLI_ERROR (ple_cli_error_quark ())
typedef enum
{
  PLE_CLI_ERROR_USAGE,
} PleCliError;
GQuark ple_cli_error_quark (void);

#define PLE_CLI_EXIT_DONE 0
#define PLE_CLI_EXIT_FAILED 1
#define PLE_CLI_EXIT_USAGE 2
#define PLE_CLI_EXIT_CANCELLED 130

/**
 * ple_cli_parse:
 * @cli: with @command set; the rest is filled
 * @argc: words after the command's name
 * @argv: these words
 * @help: (out): --help was among them; nothing else is then looked at
 *
 * "--name VALUE", "--name=VALUE", "--name" and "--no-name" for switches, '-' and '_' alike; "--"
 * ends the options. Options that mean nothing with the chosen method are warned about on standard
 * error; options of later versions and unknown ones are errors.
 */
gboolean ple_cli_parse (PleCli *cli, int argc, char **argv, gboolean *help, GError **error);
void ple_cli_clear (PleCli *cli);

/* Text of --help, made from the tables. (transfer full) */
char *ple_cli_help (const PleCommand *command);
char *ple_cli_overview (const PleCommand *const *commands);

/* Options that this version does not have but the seeds' programs do. */
typedef enum
{
  PLE_SEED_OPTION_NONE,      /* not one of them */
  PLE_SEED_OPTION_LATER,     /* of a later version: an error */
  PLE_SEED_OPTION_NO_EFFECT, /* can have no effect here: a warning */
} PleSeedOption;
/* @takes_value: (out): whether a value follows; @reason: (out): why it has no effect */
PleSeedOption
ple_cli_find_seed_option (const char *name, gboolean *takes_value, const char **reason);

/* A sentence on standard error, after "pleiades-cli: ". While work runs use
 * ple_progress_warning(), which makes the bar step aside. */
void ple_cli_note (const char *format, ...) G_GNUC_PRINTF (1, 2);

/**
 * ple_cli_resolve_model:
 * @name: what was given for --model
 *
 * Returns: (transfer full) (nullable): what ple_recipe_set() takes: the id of a row of the table,
 *   or the folder of a vision model on this computer ("auto": the best of those, if there is one)
 */
char *ple_cli_resolve_model (PleCli *cli, const char *name, GError **error);

gboolean ple_cli_is_given (PleCli *cli, const char *name);
gconstpointer ple_cli_get_options (PleCli *cli);
gboolean ple_cli_wants_json (PleCli *cli);
/* Fails with a usage error unless option @name has a value. */
gboolean ple_cli_require (PleCli *cli, const char *name, GError **error);

/* Prints one object on standard output. */
void ple_cli_print_json (JsonObject *object);

/* Seconds per phase, for --json. */
typedef struct
{
  JsonObject *object;
  gint64 start;
  gint64 last;
} PleCliClock;
PleCliClock ple_cli_clock_start (void);
/* Ends a phase. */
void ple_cli_clock_mark (PleCliClock *clock, const char *phase);
/* Adds "seconds" with the phases and their total to @object. */
void ple_cli_clock_finish (PleCliClock *clock, JsonObject *object);
void ple_cli_clock_clear (PleCliClock *clock);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PleCliClock, ple_cli_clock_clear)

/* Prints what describes pictures without a file, as `models` lists it, or adds it to @array. */
void ple_cli_list_built_in_models (PleCli *cli, gboolean markdown, JsonArray *array);

/* What is shown on standard error while a command works. */
typedef struct _PleCliDisplay PleCliDisplay;
PleCliDisplay *ple_cli_display_new (PleCliProgressStyle style);
/* The root of the work's progress; the display must outlive it. (transfer full) */
PleProgress *ple_cli_display_start (PleCliDisplay *display, guint n_threads);
/* Takes the bar away. */
void ple_cli_display_free (PleCliDisplay *display);

G_END_DECLS
