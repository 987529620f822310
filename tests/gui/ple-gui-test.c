/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ple-gui-test.h"

/* Long: whether it is fast is not what these tests say, and the machine may be busy. */
#define TIMEOUT (120 * G_USEC_PER_SEC)

GtkWidget *
ple_gui_test_window (GtkWidget *widget, int width, int height)
{
  GtkWidget *window = gtk_window_new (GTK_WINDOW_TOPLEVEL);
  gtk_window_set_default_size (GTK_WINDOW (window), width, height);
  gtk_container_add (GTK_CONTAINER (window), widget);
  gtk_widget_show_all (window);
  gtk_window_present (GTK_WINDOW (window));
  gtk_test_widget_wait_for_draw (window);
  return window;
}

void
ple_gui_test_wait (PleGuiTestFunc func, gpointer data)
{
  gint64 end = g_get_monotonic_time () + TIMEOUT;
  while (!func (data))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      if (!g_main_context_iteration (NULL, FALSE))
        g_usleep (500);
    }
}

typedef struct
{
  GObject *object;
  const char *property;
} Wanted;

static gboolean
is_true (gpointer data)
{
  Wanted *wanted = data;
  gboolean value = FALSE;
  g_object_get (wanted->object, wanted->property, &value, NULL);
  return value;
}

void
ple_gui_test_wait_for (gpointer object, const char *property)
{
  Wanted wanted = { object, property };
  ple_gui_test_wait (is_true, &wanted);
}

void
ple_gui_test_spin (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static GdkEvent *
event_for (GtkWidget *widget, GdkEventType type)
{
  GdkEvent *event = gdk_event_new (type);
  GdkSeat *seat = gdk_display_get_default_seat (gtk_widget_get_display (widget));
  gboolean key = type == GDK_KEY_PRESS || type == GDK_KEY_RELEASE;
  event->any.window = g_object_ref (gtk_widget_get_window (widget));
  event->any.send_event = TRUE;
  gdk_event_set_device (event, key ? gdk_seat_get_keyboard (seat) : gdk_seat_get_pointer (seat));
  return event;
}

static guint32 event_time;

void
ple_gui_test_set_time (guint32 milliseconds)
{
  event_time = milliseconds;
}

static guint32
now (void)
{
  return event_time != 0 ? event_time : (guint32) (g_get_monotonic_time () / 1000);
}

static void
button (GtkWidget *widget, GdkEventType type, guint number, double x, double y, guint state)
{
  GdkEvent *event = event_for (widget, type);
  event->button.button = number;
  event->button.x = x;
  event->button.y = y;
  event->button.state = state;
  event->button.time = now ();
  gtk_widget_event (widget, event);
  gdk_event_free (event);
}

void
ple_gui_test_press (GtkWidget *widget, guint number, double x, double y, guint state)
{
  button (widget, GDK_BUTTON_PRESS, number, x, y, state);
}

void
ple_gui_test_release (GtkWidget *widget, guint number, double x, double y, guint state)
{
  button (widget, GDK_BUTTON_RELEASE, number, x, y, state);
}

void
ple_gui_test_click (GtkWidget *widget, guint number, double x, double y, guint state)
{
  ple_gui_test_press (widget, number, x, y, state);
  ple_gui_test_release (widget, number, x, y, state);
}

void
ple_gui_test_motion (GtkWidget *widget, double x, double y, guint state)
{
  GdkEvent *event = event_for (widget, GDK_MOTION_NOTIFY);
  event->motion.x = x;
  event->motion.y = y;
  event->motion.state = state;
  event->motion.time = now ();
  gtk_widget_event (widget, event);
  gdk_event_free (event);
}

void
ple_gui_test_scroll (GtkWidget *widget, double x, double y, int clicks, guint state)
{
  for (int i = 0; i < ABS (clicks); i++)
    {
      GdkEvent *event = event_for (widget, GDK_SCROLL);
      event->scroll.x = x;
      event->scroll.y = y;
      event->scroll.state = state;
      event->scroll.time = now ();
      event->scroll.direction = clicks < 0 ? GDK_SCROLL_UP : GDK_SCROLL_DOWN;
      gtk_widget_event (widget, event);
      gdk_event_free (event);
    }
}

void
ple_gui_test_key (GtkWidget *widget, guint keyval, guint state)
{
  GdkEvent *event = event_for (widget, GDK_KEY_PRESS);
  event->key.keyval = keyval;
  event->key.state = state;
  event->key.time = now ();
  gtk_widget_event (widget, event);
  gdk_event_free (event);
}

gboolean
ple_gui_test_accelerator (GtkWidget *widget, const char *accelerator)
{
  GdkKeymap *keymap = gdk_keymap_get_for_display (gtk_widget_get_display (widget));
  GdkEvent *event = event_for (widget, GDK_KEY_PRESS);
  g_autofree GdkKeymapKey *keys = NULL;
  GdkModifierType modifiers;
  int n = 0, best = 0;
  guint keyval;
  gtk_accelerator_parse (accelerator, &keyval, &modifiers);
  g_assert_cmpuint (keyval, !=, 0);
  g_assert_true (gdk_keymap_get_entries_for_keyval (keymap, keyval, &keys, &n));
  for (int i = 1; i < n; i++)
    if (keys[i].level < keys[best].level)
      best = i;
  gdk_keymap_map_virtual_modifiers (keymap, &modifiers);
  event->key.keyval = keyval;
  event->key.hardware_keycode = (guint16) keys[best].keycode;
  event->key.group = (guint8) keys[best].group;
  /* What is printed above on the key is had with Shift. */
  event->key.state = modifiers | (keys[best].level == 1 ? GDK_SHIFT_MASK : 0);
  event->key.time = now ();
  gboolean answered = gtk_widget_event (widget, event);
  gdk_event_free (event);
  return answered;
}

PleGuiPicture *
ple_gui_test_picture (GtkWidget *widget)
{
  PleGuiPicture *picture = g_new0 (PleGuiPicture, 1);
  picture->width = gtk_widget_get_allocated_width (widget);
  picture->height = gtk_widget_get_allocated_height (widget);
  picture->pixels = g_new0 (guint32, (gsize) picture->width * (gsize) picture->height);
  cairo_surface_t *surface =
      cairo_image_surface_create_for_data ((guchar *) picture->pixels, CAIRO_FORMAT_RGB24,
                                           picture->width, picture->height, picture->width * 4);
  cairo_t *cr = cairo_create (surface);
  gtk_widget_draw (widget, cr);
  cairo_destroy (cr);
  cairo_surface_flush (surface);
  cairo_surface_destroy (surface);
  return picture;
}

void
ple_gui_picture_free (PleGuiPicture *picture)
{
  g_free (picture->pixels);
  g_free (picture);
}

guint
ple_gui_picture_count (const PleGuiPicture *picture, guint32 colour, int tolerance)
{
  guint n = 0;
  for (int i = 0; i < picture->width * picture->height; i++)
    {
      gboolean near = TRUE;
      for (int shift = 0; shift < 24; shift += 8)
        near &= ABS ((int) ((picture->pixels[i] >> shift) & 255) -
                     (int) ((colour >> shift) & 255)) <= tolerance;
      n += near;
    }
  return n;
}
