#include "CPictures.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const uint8_t *bytes;
    size_t left;
    char *message;
} source;

static void fail(png_structp png, png_const_charp text) {
    source *from = png_get_error_ptr(png);
    snprintf(from->message, picture_message_size, "%s", text);
    png_longjmp(png, 1);
}

static void ignore(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static void read_bytes(png_structp png, png_bytep target, size_t count) {
    source *from = png_get_io_ptr(png);
    if (count > from->left) png_error(png, "the file is cut short");
    memcpy(target, from->bytes, count);
    from->bytes += count;
    from->left -= count;
}

int picture_read_png(const uint8_t *bytes, size_t size, picture_shape shape, uint8_t *pixels, char *message) {
    source from = {bytes, size, message};
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &from, fail, ignore);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info) {
        snprintf(message, picture_message_size, "no memory is left");
        png_destroy_read_struct(&png, NULL, NULL);
        return 1;
    }
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_read_struct(&png, &info, NULL);
        return 1;
    }
    png_set_read_fn(png, &from, read_bytes);
    png_set_user_limits(png, shape.width, shape.height);
    // What a file says beside its pixels is not looked at.
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_read_info(png, info);
    png_set_scale_16(png);
    png_set_palette_to_rgb(png);
    png_set_expand_gray_1_2_4_to_8(png);
    png_set_strip_alpha(png);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    if (png_get_image_width(png, info) != shape.width || png_get_image_height(png, info) != shape.height
        || png_get_channels(png, info) != shape.channels
        || png_get_rowbytes(png, info) != (size_t)shape.width * (size_t)shape.channels) {
        png_error(png, "its shape is not what its header says");
    }
    size_t row_size = (size_t)shape.width * (size_t)shape.channels;
    for (int pass = 0; pass < passes; pass++) {
        for (uint32_t row = 0; row < shape.height; row++) png_read_row(png, pixels + row * row_size, NULL);
    }
    png_read_end(png, NULL);
    png_destroy_read_struct(&png, &info, NULL);
    return 0;
}
