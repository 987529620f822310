/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "project/ple-names.h"

#include "base/ple-error.h"
#include "ple-project-resources.h"

#include <string.h>

#define DEFAULT_VOCABULARY "/org/pleiades/data/vocabulary-en.txt"

static gboolean
add_line (GPtrArray *words, GHashTable *seen, const char *line, const char *name, GError **error)
{
  g_autofree char *word = g_strstrip (g_strdup (line));

  if (*word == '\0' || *word == '#' || g_hash_table_contains (seen, word))
    return TRUE;
  if (words->len == PLE_VOCABULARY_MAX_WORDS)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TOO_LARGE,
                   "%s: more than %d names; give a smaller vocabulary", name,
                   PLE_VOCABULARY_MAX_WORDS);
      return FALSE;
    }
  g_hash_table_add (seen, word);
  g_ptr_array_add (words, g_steal_pointer (&word));
  return TRUE;
}

char **
ple_vocabulary_parse (const char *text, size_t size, const char *name, GError **error)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree char *copy = g_strndup (text, size);
  g_auto (GStrv) lines = NULL;

  if (strlen (copy) != size || !g_utf8_validate (copy, -1, NULL))
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT,
                   "%s: not UTF-8 text; save it as UTF-8 with a name per line", name);
      return NULL;
    }
  lines = g_strsplit (copy, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    if (!add_line (words, seen, *line, name, error))
      return NULL;
  if (words->len == 0)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY,
                   "%s: no name in it; a vocabulary has one a line", name);
      return NULL;
    }
  g_ptr_array_add (words, NULL);
  g_ptr_array_set_free_func (words, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&words), FALSE);
}

char **
ple_vocabulary_load (const char *path, GError **error)
{
  g_autoptr (GMappedFile) file = g_mapped_file_new (path, FALSE, error);

  if (file == NULL)
    return NULL;
  if (g_mapped_file_get_length (file) > PLE_VOCABULARY_MAX_BYTES)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TOO_LARGE,
                   "%s: larger than %zu MB; a vocabulary is a list of names", path,
                   PLE_VOCABULARY_MAX_BYTES >> 20);
      return NULL;
    }
  return ple_vocabulary_parse (
      g_mapped_file_get_length (file) > 0 ? g_mapped_file_get_contents (file) : "",
      g_mapped_file_get_length (file), path, error);
}

char **
ple_vocabulary_get_default (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = g_resource_lookup_data (
      ple_project_get_resource (), DEFAULT_VOCABULARY, G_RESOURCE_LOOKUP_FLAGS_NONE, &error);
  char **words = NULL;
  size_t size;
  const char *text;

  if (bytes != NULL)
    {
      text = g_bytes_get_data (bytes, &size);
      words = ple_vocabulary_parse (text, size, DEFAULT_VOCABULARY, &error);
    }
  /* Built in: it can only be missing from a broken build. */
  if (words == NULL)
    g_error ("%s", error->message);
  return words;
}
