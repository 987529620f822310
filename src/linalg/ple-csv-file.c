/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers as text: one row per line, separated by commas, semicolons, tabs or blanks (the first of
 * these that stands in the first line of numbers); lines that are empty or begin with '#' do not
 * count; the first line may be a header, which is a line with a field that is no number. */
#include "config.h"

#include "linalg/ple-array-private.h"

#include "base/ple-error.h"

#include <string.h>

typedef struct
{
  const char *next;
  const char *end;
  size_t line; /* of the row just taken, from 1 */
  GString *row;
} Lines;

static gboolean
fail (GError **error, const char *name, size_t line, const char *what)
{
  g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, "%s: line %" G_GSIZE_FORMAT ": %s",
               name, line, what);
  return FALSE;
}

static void
lines_init (Lines *lines, GBytes *bytes)
{
  gsize size;

  lines->next = g_bytes_get_data (bytes, &size);
  lines->end = lines->next + size;
  lines->line = 0;
  if (size >= 3 && memcmp (lines->next, "\xef\xbb\xbf", 3) == 0)
    lines->next += 3;
  lines->row = g_string_new (NULL);
}

/* The next line that counts, stripped, in lines->row. */
static gboolean
lines_take (Lines *lines)
{
  while (lines->next < lines->end)
    {
      const char *feed = memchr (lines->next, '\n', (size_t) (lines->end - lines->next));
      const char *stop = feed != NULL ? feed : lines->end;
      const char *begin = lines->next;

      lines->next = feed != NULL ? feed + 1 : lines->end;
      lines->line++;
      while (begin < stop && g_ascii_isspace (*begin))
        begin++;
      while (begin < stop && g_ascii_isspace (stop[-1]))
        stop--;
      if (begin == stop || *begin == '#')
        continue;
      g_string_truncate (lines->row, 0);
      g_string_append_len (lines->row, begin, stop - begin);
      /* A NUL must not pass for the end of the row. */
      for (char *nul; (nul = memchr (lines->row->str, '\0', lines->row->len)) != NULL;)
        *nul = '?';
      return TRUE;
    }
  return FALSE;
}

static char
find_separator (const char *row)
{
  static const char separators[] = ",;\t ";

  for (const char *s = separators; *s != '\0'; s++)
    if (strchr (row, *s) != NULL)
      return *s;
  return ',';
}

/* One number at *next, plain or in quotes, up to @separator or the end of the row; steps over it.
 */
static gboolean
take_number (const char **next, char separator, double *value)
{
  const char *p = *next;
  gboolean quoted;
  char *end;

  while (*p == ' ')
    p++;
  quoted = *p == '"';
  p += quoted;
  if (g_ascii_isspace (*p))
    return FALSE;
  *value = g_ascii_strtod (p, &end);
  if (end == p || (quoted && *end++ != '"'))
    return FALSE;
  while (*end == ' ')
    end++;
  if (separator != ' ' && *end == separator)
    {
      /* A separator at the end promises one number more, which is not there. */
      *next = end + 1;
      return end[1] != '\0';
    }
  *next = end;
  return *end == '\0' || (separator == ' ' && end[-1] == ' ');
}

/* Number of fields, or 0 if one of them is no number. */
static size_t
count_numbers (const char *row, char separator)
{
  size_t n = 0;
  double value;

  for (; *row != '\0'; n++)
    if (!take_number (&row, separator, &value))
      return 0;
  return n;
}

static gboolean
parse_rows (Lines *lines,
            char separator,
            size_t n_cols,
            PleMatrix *matrix,
            const char *name,
            GError **error)
{
  size_t i = 0;

  do
    {
      const char *next = lines->row->str;
      float *row = ple_matrix_row (matrix, i++);

      for (size_t f = 0; f < n_cols; f++)
        {
          double value;

          if (*next == '\0')
            return fail (error, name, lines->line, "fewer numbers than in the first row");
          if (!take_number (&next, separator, &value))
            return fail (error, name, lines->line, "not a row of numbers");
          row[f] = (float) value;
        }
      if (*next != '\0')
        return fail (error, name, lines->line, "more numbers than in the first row");
    }
  while (i < matrix->n_rows && lines_take (lines));
  return TRUE;
}

PleMatrix *
ple_csv_parse_matrix (GBytes *bytes, const char *name, GError **error)
{
  Lines lines, ahead;
  size_t n_rows = 1, n_cols = 0;
  char separator = ',';
  g_autoptr (PleMatrix) matrix = NULL;

  lines_init (&lines, bytes);
  for (int attempt = 0; attempt < 2 && n_cols == 0 && lines_take (&lines); attempt++)
    {
      separator = find_separator (lines.row->str);
      n_cols = count_numbers (lines.row->str, separator);
    }
  if (n_cols == 0)
    {
      if (lines.line == 0)
        g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY, "%s: the file is empty", name);
      else
        fail (error, name, lines.line, "not a row of numbers");
      g_string_free (lines.row, TRUE);
      return NULL;
    }

  /* What follows is counted first, so that the matrix is as large as the file's lines allow. */
  ahead = lines;
  ahead.row = g_string_new (NULL);
  while (lines_take (&ahead))
    n_rows++;
  g_string_free (ahead.row, TRUE);
  if (n_rows > g_bytes_get_size (bytes) / n_cols + 1)
    fail (error, name, lines.line, "more numbers than the file has room for");
  else
    matrix = ple_matrix_new (n_rows, n_cols, error);
  if (matrix != NULL && !parse_rows (&lines, separator, n_cols, matrix, name, error))
    g_clear_pointer (&matrix, ple_matrix_unref);
  g_string_free (lines.row, TRUE);
  return g_steal_pointer (&matrix);
}

PleLabels *
ple_csv_parse_labels (GBytes *bytes, const char *name, GError **error)
{
  Lines lines;
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (gint32));
  gboolean sound = TRUE, header_allowed = TRUE;

  lines_init (&lines, bytes);
  while (sound && lines_take (&lines))
    {
      const char *next = lines.row->str;
      double value;
      gint32 label;

      if (!take_number (&next, ',', &value) || *next != '\0')
        {
          /* A header names one column; several columns are another kind of file. */
          sound = header_allowed && strchr (lines.row->str, ',') == NULL;
          if (!sound)
            fail (error, name, lines.line, "expected one whole number per line");
        }
      else
        {
          sound = ple_label_check (value, values->len, name, error);
          label = sound ? (gint32) value : -1;
          g_array_append_val (values, label);
        }
      header_allowed = FALSE;
    }
  g_string_free (lines.row, TRUE);
  if (!sound)
    return NULL;
  if (values->len == 0)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY, "%s: no labels in it", name);
      return NULL;
    }
  return ple_labels_new_from ((const gint32 *) (gpointer) values->data, values->len);
}
