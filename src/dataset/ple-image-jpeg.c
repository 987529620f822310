/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-image-private.h"

#include "base/ple-error.h"

#include <glib/gi18n-lib.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
/* After jpeglib.h, which it needs. */
#include <jerror.h>

/* A progressive file of a few kilobytes can ask for thousands of passes over a large picture. */
#define MAX_SCANS 200

typedef struct
{
  struct jpeg_error_mgr errors; /* first: libjpeg hands us a pointer to it */
  struct jpeg_progress_mgr progress;
  jmp_buf escape;
  gboolean damaged;
  gboolean too_many_scans;
  double good_share; /* of the rows, before the first damage */
  PleImage *image;
  JSAMPLE *row; /* for CMYK */
} JpegState;

static void
on_error_exit (j_common_ptr info)
{
  JpegState *state = (JpegState *) info->err;

  longjmp (state->escape, 1);
}

static gboolean
is_damage (int code)
{
  return code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE ||
         code == JWRN_MUST_RESYNC || code == JWRN_ARITH_BAD_CODE;
}

static void
on_message (j_common_ptr info, int level)
{
  JpegState *state = (JpegState *) info->err;
  j_decompress_ptr jpeg = (j_decompress_ptr) info;

  if (level >= 0 || !info->is_decompressor || state->damaged || !is_damage (info->err->msg_code))
    return;
  state->damaged = TRUE;
  /* From the second scan on all rows are there, only coarser. */
  state->good_share = jpeg->input_scan_number > 1 ? 1
                      : jpeg->total_iMCU_rows > 0
                          ? (double) jpeg->input_iMCU_row / jpeg->total_iMCU_rows
                          : 0;
}

static void
on_output (j_common_ptr info)
{
}

static void
on_progress (j_common_ptr info)
{
  JpegState *state = (JpegState *) info->err;
  j_decompress_ptr jpeg = (j_decompress_ptr) info;

  if (info->is_decompressor && jpeg->input_scan_number > MAX_SCANS)
    {
      state->too_many_scans = TRUE;
      longjmp (state->escape, 1);
    }
}

static void
state_init (JpegState *state)
{
  memset (state, 0, sizeof *state);
  jpeg_std_error (&state->errors);
  state->errors.error_exit = on_error_exit;
  state->errors.emit_message = on_message;
  state->errors.output_message = on_output;
  state->progress.progress_monitor = on_progress;
}

static void
set_error_from (JpegState *state,
                struct jpeg_decompress_struct *jpeg,
                const char *name,
                GError **error)
{
  char message[JMSG_LENGTH_MAX];

  if (error == NULL || *error != NULL)
    return;
  if (state->too_many_scans)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TOO_LARGE,
                   _ ("%s: a JPEG picture of more than %d scans"), name, MAX_SCANS);
      return;
    }
  state->errors.format_message ((j_common_ptr) jpeg, message);
  g_set_error (error, PLE_FILE_ERROR,
               state->errors.msg_code == JERR_INPUT_EMPTY ||
                       state->errors.msg_code == JERR_INPUT_EOF
                   ? PLE_FILE_ERROR_TRUNCATED
                   : PLE_FILE_ERROR_FORMAT,
               _ ("%s: broken JPEG picture (%s)"), name, message);
}

/* One row of CMYK; Adobe's files hold the complement of the ink. */
static void
cmyk_to_rgb (const JSAMPLE *cmyk, guint width, gboolean complement, guint8 *rgb)
{
  for (guint x = 0; x < width; x++, cmyk += 4, rgb += 3)
    for (int c = 0; c < 3; c++)
      {
        guint ink = complement ? cmyk[c] : 255u - cmyk[c];
        guint black = complement ? cmyk[3] : 255u - cmyk[3];

        rgb[c] = (guint8) ((ink * black + 127) / 255);
      }
}

static void
choose_scale (struct jpeg_decompress_struct *jpeg, guint size_hint)
{
  guint side = MIN (jpeg->image_width, jpeg->image_height);

  jpeg->scale_num = 1;
  jpeg->scale_denom = 1;
  /* Powers of two only: these have vector code. */
  while (size_hint > 0 && jpeg->scale_denom < 8 &&
         (side + 2 * jpeg->scale_denom - 1) / (2 * jpeg->scale_denom) >= size_hint)
    jpeg->scale_denom *= 2;
}

static gboolean
decode_rows (JpegState *state, struct jpeg_decompress_struct *jpeg, GError **error)
{
  gboolean cmyk = jpeg->out_color_space == JCS_CMYK;

  state->image = ple_image_new (jpeg->output_width, jpeg->output_height, error);
  if (state->image == NULL)
    return FALSE;
  if (cmyk)
    state->row = g_new (JSAMPLE, (size_t) jpeg->output_width * 4);
  while (jpeg->output_scanline < jpeg->output_height)
    {
      guint8 *out = state->image->data + (size_t) jpeg->output_scanline * state->image->width * 3;
      JSAMPROW row = cmyk ? state->row : out;

      jpeg_read_scanlines (jpeg, &row, 1);
      if (cmyk)
        cmyk_to_rgb (state->row, jpeg->output_width, jpeg->saw_Adobe_marker, out);
    }
  return TRUE;
}

PleImage *
ple_image_decode_jpeg (
    const guint8 *data, size_t size, guint size_hint, const char *name, char **flaw, GError **error)
{
  struct jpeg_decompress_struct jpeg;
  JpegState state;
  GError *local = NULL;

  state_init (&state);
  jpeg.err = &state.errors;
  if (setjmp (state.escape) != 0)
    {
      /* Rows that were decoded before the end of the file still count, by the rule below. */
      if (local == NULL)
        set_error_from (&state, &jpeg, name, &local);
      goto failed;
    }
  jpeg_create_decompress (&jpeg);
  jpeg.progress = &state.progress;
  jpeg_mem_src (&jpeg, data, (unsigned long) size);
  jpeg_read_header (&jpeg, TRUE);
  if (!ple_image_check_claim (jpeg.image_width, jpeg.image_height, size, name, &local))
    goto failed;
  jpeg.out_color_space =
      jpeg.jpeg_color_space == JCS_CMYK || jpeg.jpeg_color_space == JCS_YCCK ? JCS_CMYK : JCS_RGB;
  choose_scale (&jpeg, size_hint);
  jpeg_start_decompress (&jpeg);
  if (!decode_rows (&state, &jpeg, &local))
    goto failed;
  jpeg_finish_decompress (&jpeg);
  if (state.damaged && state.good_share < 0.5)
    {
      g_set_error (&local, PLE_FILE_ERROR, PLE_FILE_ERROR_TRUNCATED,
                   _ ("%s: damaged JPEG picture, only %.0f %% of its rows can be read"), name,
                   state.good_share * 100);
      goto failed;
    }
  if (state.damaged && flaw != NULL)
    *flaw = g_strdup_printf (_ ("damaged JPEG picture: ends early or is corrupt, shown as far as "
                                "it goes (%.0f %% of its rows)"),
                             state.good_share * 100);
  jpeg_destroy_decompress (&jpeg);
  g_free (state.row);
  return state.image;

failed:
  jpeg_destroy_decompress (&jpeg);
  g_free (state.row);
  g_clear_pointer (&state.image, ple_image_unref);
  g_propagate_error (error, local);
  return NULL;
}

GBytes *
ple_image_encode_jpeg (const PleImage *image, guint quality, GError **error)
{
  struct jpeg_compress_struct jpeg;
  JpegState state;
  unsigned char *volatile buffer = NULL;
  unsigned long size = 0;
  GBytes *bytes = NULL;

  state_init (&state);
  jpeg.err = &state.errors;
  if (setjmp (state.escape) != 0)
    {
      char message[JMSG_LENGTH_MAX];

      state.errors.format_message ((j_common_ptr) &jpeg, message);
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, "JPEG: %s", message);
      jpeg_destroy_compress (&jpeg);
      free (buffer);
      return NULL;
    }
  jpeg_create_compress (&jpeg);
  jpeg_mem_dest (&jpeg, (unsigned char **) &buffer, &size);
  jpeg.image_width = image->width;
  jpeg.image_height = image->height;
  jpeg.input_components = 3;
  jpeg.in_color_space = JCS_RGB;
  jpeg_set_defaults (&jpeg);
  jpeg_set_quality (&jpeg, (int) quality, TRUE);
  jpeg_start_compress (&jpeg, TRUE);
  while (jpeg.next_scanline < jpeg.image_height)
    {
      JSAMPROW row = image->data + (size_t) jpeg.next_scanline * image->width * 3;

      jpeg_write_scanlines (&jpeg, &row, 1);
    }
  jpeg_finish_compress (&jpeg);
  jpeg_destroy_compress (&jpeg);
  bytes = g_bytes_new (buffer, size);
  free (buffer);
  return bytes;
}
