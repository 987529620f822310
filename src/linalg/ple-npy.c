/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The .npy format, versions 1 to 3 (numpy's NEP 1):
 *
 *   0  6 bytes   0x93 "NUMPY"
 *   6  1 byte    major version: 1, 2 or 3
 *   7  1 byte    minor version: 0
 *   8  2 bytes   length of the header (little-endian); 4 bytes in versions 2 and 3
 *   then         the header, a Python dictionary: {'descr': '<f4', 'fortran_order': False,
 *                'shape': (3, 4), }, padded with blanks, ends in a line feed
 *   then         the elements
 */
#include "config.h"

#include "linalg/ple-array-file.h"
#include "linalg/ple-array-private.h"

#include "base/ple-atomic.h"
#include "base/ple-error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MAGIC "\x93NUMPY"
#define MAX_HEADER 65536
#define ALIGNMENT 64

typedef struct
{
  const char *next;
  const char *end;
} Scanner;

/* Where the elements are and how they are stored. Unsigned numbers of 2 and 4 bytes are widened. */
typedef struct
{
  PleArrayType type;
  char kind;
  size_t item_size;
  gboolean big_endian;
  gboolean fortran;
  guint n_dims;
  size_t shape[PLE_ARRAY_MAX_DIMS];
  size_t n;
  size_t n_bytes;
  const guint8 *data;
} Layout;

static gboolean
fail (GError **error, PleFileError code, const char *name, const char *what)
{
  g_set_error (error, PLE_FILE_ERROR, (int) code, "%s: %s", name, what);
  return FALSE;
}

static void
skip_blanks (Scanner *scanner)
{
  while (scanner->next < scanner->end && g_ascii_isspace (*scanner->next))
    scanner->next++;
}

static gboolean
take (Scanner *scanner, const char *token)
{
  size_t length = strlen (token);

  skip_blanks (scanner);
  if ((size_t) (scanner->end - scanner->next) < length ||
      memcmp (scanner->next, token, length) != 0)
    return FALSE;
  scanner->next += length;
  return TRUE;
}

/* A quoted string of at most 15 characters without escapes. */
static gboolean
take_string (Scanner *scanner, char text[16])
{
  size_t length = 0;
  char quote;

  skip_blanks (scanner);
  if (scanner->next == scanner->end || (*scanner->next != '\'' && *scanner->next != '"'))
    return FALSE;
  for (quote = *scanner->next++; scanner->next < scanner->end && *scanner->next != quote;
       scanner->next++)
    {
      if (length == 15 || *scanner->next == '\\')
        return FALSE;
      text[length++] = *scanner->next;
    }
  text[length] = '\0';
  return take (scanner, quote == '"' ? "\"" : "'");
}

static gboolean
take_size (Scanner *scanner, size_t *value)
{
  skip_blanks (scanner);
  if (scanner->next == scanner->end || !g_ascii_isdigit (*scanner->next))
    return FALSE;
  for (*value = 0; scanner->next < scanner->end && g_ascii_isdigit (*scanner->next);
       scanner->next++)
    if (!g_size_checked_mul (value, *value, 10) ||
        !g_size_checked_add (value, *value, (size_t) (*scanner->next - '0')))
      return FALSE;
  /* Python 2 wrote 3L. */
  if (scanner->next < scanner->end && *scanner->next == 'L')
    scanner->next++;
  return TRUE;
}

static gboolean
take_shape (Scanner *scanner, Layout *layout)
{
  if (!take (scanner, "("))
    return FALSE;
  for (layout->n_dims = 0; !take (scanner, ")"); layout->n_dims++)
    {
      if (layout->n_dims == PLE_ARRAY_MAX_DIMS || (layout->n_dims > 0 && !take (scanner, ",")))
        return FALSE;
      if (layout->n_dims > 0 && take (scanner, ")"))
        break;
      if (!take_size (scanner, &layout->shape[layout->n_dims]))
        return FALSE;
    }
  return TRUE;
}

static gboolean
read_descr (const char *descr, Layout *layout, const char *name, GError **error)
{
  static const struct
  {
    const char *code;
    PleArrayType type;
  } types[] = { { "f2", PLE_ARRAY_F2 }, { "f4", PLE_ARRAY_F4 }, { "f8", PLE_ARRAY_F8 },
                { "i1", PLE_ARRAY_I1 }, { "i2", PLE_ARRAY_I2 }, { "i4", PLE_ARRAY_I4 },
                { "i8", PLE_ARRAY_I8 }, { "u1", PLE_ARRAY_U1 }, { "b1", PLE_ARRAY_BOOL },
                { "u2", PLE_ARRAY_I4 }, { "u4", PLE_ARRAY_I8 } };

  if (strchr ("<>=|", descr[0]) != NULL && descr[0] != '\0')
    for (size_t i = 0; i < G_N_ELEMENTS (types); i++)
      if (strcmp (descr + 1, types[i].code) == 0)
        {
          layout->type = types[i].type;
          layout->kind = types[i].code[0];
          layout->item_size = (size_t) (types[i].code[1] - '0');
          layout->big_endian = descr[0] == '>';
          return TRUE;
        }
  g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED,
               "%s: elements of type '%s' are not read, save the array as float32 or int64", name,
               descr);
  return FALSE;
}

static gboolean
read_header (const char *text, size_t length, Layout *layout, const char *name, GError **error)
{
  Scanner scanner = { text, text + length };
  char key[16], descr[16] = "";
  gboolean has_order = FALSE, has_shape = FALSE, sound;

  for (sound = take (&scanner, "{"); sound && !take (&scanner, "}");)
    {
      sound = take_string (&scanner, key) && take (&scanner, ":");
      if (!sound)
        break;
      if (strcmp (key, "descr") == 0)
        {
          if (take (&scanner, "["))
            return fail (error, PLE_FILE_ERROR_UNSUPPORTED, name,
                         "an array of records is not read, save one plain array");
          sound = take_string (&scanner, descr);
        }
      else if (strcmp (key, "fortran_order") == 0)
        {
          layout->fortran = take (&scanner, "True");
          sound = has_order = layout->fortran || take (&scanner, "False");
        }
      else if (strcmp (key, "shape") == 0)
        sound = has_shape = take_shape (&scanner, layout);
      else
        sound = FALSE;
      sound = sound && (take (&scanner, ",") || (take (&scanner, "}") && (scanner.next--, TRUE)));
    }
  skip_blanks (&scanner);
  if (!sound || !has_order || !has_shape || descr[0] == '\0' || scanner.next != scanner.end)
    return fail (error, PLE_FILE_ERROR_FORMAT, name, "the array's header is broken");
  return read_descr (descr, layout, name, error);
}

static gboolean
find_layout (GBytes *bytes, Layout *layout, const char *name, GError **error)
{
  size_t size, length, start;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (size == 0)
    return fail (error, PLE_FILE_ERROR_EMPTY, name, "the file is empty");
  if (memcmp (data, MAGIC, MIN (size, 6)) != 0)
    return fail (error, PLE_FILE_ERROR_FORMAT, name, "not a .npy array");
  if (size < 12)
    return fail (error, PLE_FILE_ERROR_TRUNCATED, name, "the file ends within the header");
  if (data[6] < 1 || data[6] > 3 || data[7] != 0)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED,
                   "%s: .npy version %u.%u is not read, save it as 1.0", name, data[6], data[7]);
      return FALSE;
    }
  start = data[6] == 1 ? 10 : 12;
  length = data[8] | (size_t) data[9] << 8;
  if (data[6] > 1)
    length |= (size_t) data[10] << 16 | (size_t) data[11] << 24;
  if (length > MAX_HEADER)
    return fail (error, PLE_FILE_ERROR_TOO_LARGE, name, "the array's header is too long");
  if (length > size - start)
    return fail (error, PLE_FILE_ERROR_TRUNCATED, name, "the file ends within the header");
  if (!read_header ((const char *) data + start, length, layout, name, error))
    return FALSE;

  size -= start + length;
  layout->data = data + start + length;
  if (!ple_array_count (layout->n_dims, layout->shape, 8, &layout->n, &layout->n_bytes))
    return fail (error, PLE_FILE_ERROR_TOO_LARGE, name, "the array's sizes are beyond any memory");
  layout->n_bytes = layout->n * layout->item_size;
  if (layout->n_bytes == size)
    return TRUE;
  g_set_error (error, PLE_FILE_ERROR,
               layout->n_bytes > size ? PLE_FILE_ERROR_TRUNCATED : PLE_FILE_ERROR_MISMATCH,
               "%s: expected %" G_GSIZE_FORMAT " bytes of elements, found %" G_GSIZE_FORMAT, name,
               layout->n_bytes, size);
  return FALSE;
}

/* One element as the array's type, little-endian. */
static inline void
copy_element (const Layout *layout, const guint8 *from, guint8 *to)
{
  guint8 little[8] = { 0 };
  size_t out_size = ple_array_type_size (layout->type);

  for (size_t b = 0; b < layout->item_size; b++)
    little[b] = from[layout->big_endian ? layout->item_size - 1 - b : b];
  memcpy (to, little, out_size);
}

/* All elements in C order: walks the output, steps through the input by its strides. */
static void
copy_elements (const Layout *layout, guint8 *out)
{
  size_t out_size = ple_array_type_size (layout->type);
  size_t strides[PLE_ARRAY_MAX_DIMS], index[PLE_ARRAY_MAX_DIMS] = { 0 };
  size_t stride = layout->item_size, offset = 0;

  for (guint i = 0; i < layout->n_dims; i++)
    {
      guint dim = layout->fortran ? i : layout->n_dims - 1 - i;

      strides[dim] = stride;
      stride *= layout->shape[dim];
    }
  for (size_t done = 0; done < layout->n; done++)
    {
      copy_element (layout, layout->data + offset, out + done * out_size);
      for (guint dim = layout->n_dims; dim-- > 0;)
        {
          offset += strides[dim];
          if (++index[dim] < layout->shape[dim])
            break;
          offset -= strides[dim] * layout->shape[dim];
          index[dim] = 0;
        }
    }
}

static PleArray *
parse (GBytes *bytes, const char *name, gboolean mapped, GError **error)
{
  Layout layout = { .n_dims = 0 };
  gboolean plain;
  size_t out_bytes;
  guint8 *copy;

  if (!find_layout (bytes, &layout, name, error))
    return NULL;
  plain = !layout.big_endian && (!layout.fortran || layout.n_dims < 2) &&
          layout.item_size == ple_array_type_size (layout.type);
  if (plain && (gsize) layout.data % layout.item_size == 0 &&
      (!mapped || layout.type == PLE_ARRAY_F4))
    return ple_array_new (layout.type, layout.n_dims, layout.shape, g_bytes_ref (bytes),
                          layout.data);

  out_bytes = layout.n * ple_array_type_size (layout.type);
  copy = g_try_malloc (MAX (out_bytes, 1));
  if (copy == NULL)
    {
      fail (error, PLE_FILE_ERROR_TOO_LARGE, name, "the array does not fit in memory");
      return NULL;
    }
  if (plain)
    memcpy (copy, layout.data, out_bytes);
  else
    copy_elements (&layout, copy);
  return ple_array_new (layout.type, layout.n_dims, layout.shape,
                        g_bytes_new_take (copy, out_bytes), copy);
}

PleArray *
ple_npy_parse (GBytes *bytes, const char *name, GError **error)
{
  return parse (bytes, name, FALSE, error);
}

GBytes *
ple_map_file (const char *path, char **name, GError **error)
{
  g_autoptr (GMappedFile) file = NULL;
  g_autofree char *base = g_path_get_basename (path);
  struct stat info;

  /* Opening a pipe would wait for its writer. */
  if (stat (path, &info) == 0 && !S_ISREG (info.st_mode))
    {
      fail (error, PLE_FILE_ERROR_FORMAT, base,
            S_ISDIR (info.st_mode) ? "a folder, not a file" : "not a regular file");
      return NULL;
    }
  file = g_mapped_file_new (path, FALSE, error);
  if (file == NULL)
    return NULL;
  if (g_mapped_file_get_length (file) == 0)
    {
      fail (error, PLE_FILE_ERROR_EMPTY, base, "the file is empty");
      return NULL;
    }
  *name = g_steal_pointer (&base);
  return g_mapped_file_get_bytes (file);
}

PleArray *
ple_npy_read (const char *path, GError **error)
{
  g_autofree char *name = NULL;
  g_autoptr (GBytes) bytes = ple_map_file (path, &name, error);

  return bytes != NULL ? parse (bytes, name, TRUE, error) : NULL;
}

GByteArray *
ple_npy_header (PleArrayType type, guint n_dims, const size_t *shape)
{
  static const char *const codes[] = {
    [PLE_ARRAY_F2] = "<f2", [PLE_ARRAY_F4] = "<f4", [PLE_ARRAY_F8] = "<f8",
    [PLE_ARRAY_I1] = "|i1", [PLE_ARRAY_I2] = "<i2", [PLE_ARRAY_I4] = "<i4",
    [PLE_ARRAY_I8] = "<i8", [PLE_ARRAY_U1] = "|u1", [PLE_ARRAY_BOOL] = "|b1"
  };
  GByteArray *header = g_byte_array_new ();
  g_autoptr (GString) text = g_string_new (NULL);
  guint8 start[10] = { 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 0, 0 };

  g_string_append_printf (text, "{'descr': '%s', 'fortran_order': False, 'shape': (", codes[type]);
  for (guint i = 0; i < n_dims; i++)
    g_string_append_printf (text, i == 0 ? "%" G_GSIZE_FORMAT : ", %" G_GSIZE_FORMAT, shape[i]);
  g_string_append (text, n_dims == 1 ? ",), }" : "), }");
  while ((sizeof start + text->len + 1) % ALIGNMENT != 0)
    g_string_append_c (text, ' ');
  g_string_append_c (text, '\n');

  start[8] = (guint8) (text->len & 0xff);
  start[9] = (guint8) (text->len >> 8);
  g_byte_array_append (header, start, sizeof start);
  g_byte_array_append (header, (const guint8 *) text->str, (guint) text->len);
  return header;
}

gboolean
ple_npy_write (const char *path,
               PleArrayType type,
               guint n_dims,
               const size_t *shape,
               gconstpointer data,
               GError **error)
{
  g_autoptr (PleAtomicFile) file = NULL;
  g_autoptr (GByteArray) header = NULL;
  size_t n, n_bytes;
  FILE *stream;

  g_return_val_if_fail (n_dims <= PLE_ARRAY_MAX_DIMS, FALSE);
  if (!ple_array_count (n_dims, shape, ple_array_type_size (type), &n, &n_bytes))
    return fail (error, PLE_FILE_ERROR_TOO_LARGE, path, "the array is too large to be written");
  file = ple_atomic_file_begin (path, error);
  if (file == NULL)
    return FALSE;
  header = ple_npy_header (type, n_dims, shape);
  stream = ple_atomic_file_get_stream (file);
  if (fwrite (header->data, 1, header->len, stream) != header->len ||
      (n_bytes > 0 && fwrite (data, 1, n_bytes, stream) != n_bytes))
    {
      int saved = errno;

      g_set_error (error, G_FILE_ERROR, (int) g_file_error_from_errno (saved),
                   "%s: cannot write: %s", path, g_strerror (saved));
      return FALSE;
    }
  return ple_atomic_file_commit (g_steal_pointer (&file), error);
}

gboolean
ple_npy_write_matrix (const char *path, const PleMatrix *matrix, GError **error)
{
  size_t shape[2] = { matrix->n_rows, matrix->n_cols };

  return ple_npy_write (path, PLE_ARRAY_F4, 2, shape, matrix->data, error);
}

gboolean
ple_npy_write_labels (const char *path, const PleLabels *labels, GError **error)
{
  g_autofree gint64 *wide = g_new (gint64, MAX (labels->n, 1));

  for (size_t i = 0; i < labels->n; i++)
    wide[i] = labels->data[i];
  return ple_npy_write (path, PLE_ARRAY_I8, 1, &labels->n, wide, error);
}
