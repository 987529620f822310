/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-environment.h"
#include "base/ple-progress.h"
#include "features/ple-known-models.h"

G_BEGIN_DECLS

#define PLE_MODEL_STORE_ERROR (ple_model_store_error_quark ())
GQuark ple_model_store_error_quark (void);

/**
 * PleModelStoreError:
 * @PLE_MODEL_STORE_ERROR_NOT_HERE: a known model that is not on this computer; the message says how
 *   to get it
 * @PLE_MODEL_STORE_ERROR_UNKNOWN: no such model, no such folder
 * @PLE_MODEL_STORE_ERROR_INCOMPLETE: a folder that lacks a file; the message names it
 */
typedef enum
{
  PLE_MODEL_STORE_ERROR_NOT_HERE,
  PLE_MODEL_STORE_ERROR_UNKNOWN,
  PLE_MODEL_STORE_ERROR_INCOMPLETE,
} PleModelStoreError;

typedef enum
{
  PLE_MODEL_PLACE_OWN,   /* the program's own folder, DATA_DIR/models/ORGANISATION/NAME */
  PLE_MODEL_PLACE_HUB,   /* the cache that other programs fill */
  PLE_MODEL_PLACE_ADDED, /* in a folder that the person pointed at */
} PleModelPlace;

/**
 * PleModelFolder:
 * @name: its repository as far as known ("facebook/dinov2-small"), else the folder's name
 * @path: the folder, absolute; of the hub's cache the snapshot
 * @family: as in #PleKnownModel; for others what config.json calls model_type; "" if unreadable
 * @dimension: of the vectors; 0 if config.json does not say
 * @bytes: of the weight files
 * @place: where it was found
 * @known: (nullable): its row in the table
 * @problem: (nullable): why it cannot be loaded: a sentence that names the file
 *
 * A model on this computer: a folder with a config.json. That its files are there is looked at,
 * their inside is not (but for config.json and the index of shards).
 */
typedef struct
{
  char *name;
  char *path;
  char *family;
  guint dimension;
  guint64 bytes;
  PleModelPlace place;
  const PleKnownModel *known;
  char *problem;
} PleModelFolder;

void ple_model_folder_free (PleModelFolder *folder);

/**
 * ple_model_folder_inspect:
 * @path: a folder
 * @name: (nullable): its repository where that is known; %NULL goes by the folder's name
 * @place: where it was found
 *
 * Reads config.json (at most 1 MB) and the index of shards (at most 64 MB), never weights.
 *
 * Returns: (transfer full) (nullable): %NULL if there is no config.json; see @problem for the rest
 */
PleModelFolder *ple_model_folder_inspect (const char *path, const char *name, PleModelPlace place);

/**
 * PleModelStore:
 *
 * Which vision models are on this computer. Looks at the disk at each call and keeps nothing, so it
 * is never out of date and can be used from any thread; a listing costs one config.json per model.
 * What the person has set (folders to look into, a mirror) is in DATA_DIR/models.json, which both
 * programs share: {"folders": ["/path", ...], "mirror": "https://..."}.
 */
typedef struct _PleModelStore PleModelStore;

/* @environment: copied as far as needed. (transfer full) */
PleModelStore *ple_model_store_new (const PleEnvironment *environment);
PleModelStore *ple_model_store_ref (PleModelStore *store);
void ple_model_store_unref (PleModelStore *store);

/* Where downloads go: DATA_DIR/models, which need not exist. */
const char *ple_model_store_get_own_folder (const PleModelStore *store);

/**
 * ple_model_store_list:
 * @store: a store
 * @progress: (nullable): cancels
 * @error: return location
 *
 * Looks into the program's own folder (two levels: ORGANISATION/NAME), the hub's cache
 * (models--ORGANISATION--NAME/snapshots/REVISION, the one that refs/main names, else the newest
 * that is complete), and each added folder (a model itself, or of the form of either of the
 * others).
 *
 * Returns: (transfer full) (element-type PleModelFolder) (nullable): all that were found, known
 * ones in the order of the table, then others by name; of several with one name the complete one
 * and the own one first. %NULL if cancelled
 */
GPtrArray *ple_model_store_list (PleModelStore *store, PleProgress *progress, GError **error);

/**
 * ple_model_store_resolve:
 * @store: a store
 * @name: a folder; a repository ("facebook/dinov2-small"); its part behind the '/'; or a family
 *   ("dinov2": the largest of that family that is here, of equals the first of the table)
 * @error: return location
 *
 * What is typed as a path (begins with '/', '.' or '~') is a folder; other words are names first,
 * folders of that name second.
 *
 * Returns: (transfer full) (nullable): a folder that is complete as far as
 *   ple_model_folder_inspect() looks; %NULL with a #PleModelStoreError whose message says what to
 * do
 */
PleModelFolder *ple_model_store_resolve (PleModelStore *store, const char *name, GError **error);

/**
 * ple_model_store_find_best:
 * @store: a store
 *
 * What "auto" takes: DINOv3 before DINOv2 before CLIP before the others, of each the largest whose
 * weights are at most 700 MB (a base model), because a larger one takes seconds for each picture
 * and is better asked for by name.
 *
 * Returns: (transfer full) (nullable): %NULL if there is none
 */
PleModelFolder *ple_model_store_find_best (PleModelStore *store);

/* A sentence how to get a known model that is not here. (transfer full) */
char *ple_known_model_describe_how_to_get (const PleKnownModel *model);

/* Folders that the person pointed at. (transfer full) (array zero-terminated=1) */
char **ple_model_store_dup_folders (PleModelStore *store);
/* Adding what is there already, and removing what is not, is no error. Made absolute. */
gboolean ple_model_store_add_folder (PleModelStore *store, const char *path, GError **error);
gboolean ple_model_store_remove_folder (PleModelStore *store, const char *path, GError **error);

/* Where models are downloaded from: what the person has set, else HF_ENDPOINT, else the hub's own
 * address. Without a final '/'. (transfer full) */
char *ple_model_store_dup_address (PleModelStore *store);
/* As set by the person; %NULL if not. (transfer full) (nullable) */
char *ple_model_store_dup_mirror (PleModelStore *store);
/* %NULL or "" goes back to the default. Must begin with http:// or https://. */
gboolean ple_model_store_set_mirror (PleModelStore *store, const char *address, GError **error);
/* Whether it is an address of that kind, with a host. */
gboolean ple_model_store_is_address (const char *address);
/* HF_TOKEN, for the hub itself and for HF_ENDPOINT: a mirror that is set in the program is not told
 * it. (nullable) */
const char *ple_model_store_get_token (const PleModelStore *store, const char *address);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleModelFolder, ple_model_folder_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleModelStore, ple_model_store_unref)

G_END_DECLS
