// PNG and JPEG from memory. libpng and libjpeg jump out of errors with longjmp, which Swift must not see.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { picture_message_size = 200 };

typedef struct {
    uint32_t width;
    uint32_t height;
    /// 1 for grey, 3 for red, green and blue; another number for a picture that is not read.
    int channels;
} picture_shape;

/// Each returns 0, or another number and a message of at most `picture_message_size` bytes with its end.
///
/// A picture is decoded only when it has the shape that is given; `pixels` has height × width × channels bytes then, row by
/// row, a pixel's channels side by side. Palettes become colours, 16 bits become 8, an alpha channel is left out.
int picture_read_png(const uint8_t *bytes, size_t size, picture_shape shape, uint8_t *pixels, char *message);
int picture_jpeg_shape(const uint8_t *bytes, size_t size, picture_shape *shape, char *message);
int picture_read_jpeg(const uint8_t *bytes, size_t size, picture_shape shape, uint8_t *pixels, char *message);
