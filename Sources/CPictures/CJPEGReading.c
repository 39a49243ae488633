#include "CPictures.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

typedef struct {
    struct jpeg_error_mgr manager;
    jmp_buf jump;
    char *message;
} failure;

static void fail(j_common_ptr codec) {
    failure *error = (failure *)codec->err;
    char text[JMSG_LENGTH_MAX];
    error->manager.format_message(codec, text);
    snprintf(error->message, picture_message_size, "%s", text);
    longjmp(error->jump, 1);
}

/// Warnings that pixels are missing are errors; others, as of bytes between segments, are not.
static void warn(j_common_ptr codec, int level) {
    int code = codec->err->msg_code;
    if (level < 0 && (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE
                      || code == JWRN_ARITH_BAD_CODE)) {
        fail(codec);
    }
}

/// A small file can have very many scans of a large picture.
static void count_scans(j_common_ptr codec) {
    if (((j_decompress_ptr)codec)->input_scan_number > 100) {
        failure *error = (failure *)codec->err;
        snprintf(error->message, picture_message_size, "it has more than 100 scans");
        longjmp(error->jump, 1);
    }
}

static void begin(struct jpeg_decompress_struct *codec, failure *error, char *message) {
    memset(codec, 0, sizeof *codec);
    codec->err = jpeg_std_error(&error->manager);
    error->manager.error_exit = fail;
    error->manager.emit_message = warn;
    error->message = message;
}

static int channels_of(const struct jpeg_decompress_struct *codec) {
    if (codec->jpeg_color_space == JCS_GRAYSCALE) return 1;
    return codec->jpeg_color_space == JCS_YCbCr || codec->jpeg_color_space == JCS_RGB ? 3 : codec->num_components;
}

int picture_jpeg_shape(const uint8_t *bytes, size_t size, picture_shape *shape, char *message) {
    struct jpeg_decompress_struct codec;
    failure error;
    begin(&codec, &error, message);
    if (setjmp(error.jump)) {
        jpeg_destroy_decompress(&codec);
        return 1;
    }
    jpeg_create_decompress(&codec);
    jpeg_mem_src(&codec, bytes, size);
    jpeg_read_header(&codec, TRUE);
    shape->width = codec.image_width;
    shape->height = codec.image_height;
    shape->channels = channels_of(&codec);
    jpeg_destroy_decompress(&codec);
    return 0;
}

int picture_read_jpeg(const uint8_t *bytes, size_t size, picture_shape shape, uint8_t *pixels, char *message) {
    struct jpeg_decompress_struct codec;
    struct jpeg_progress_mgr progress = {.progress_monitor = count_scans};
    failure error;
    begin(&codec, &error, message);
    if (setjmp(error.jump)) {
        jpeg_destroy_decompress(&codec);
        return 1;
    }
    jpeg_create_decompress(&codec);
    codec.progress = &progress;
    jpeg_mem_src(&codec, bytes, size);
    jpeg_read_header(&codec, TRUE);
    int channels = channels_of(&codec);
    codec.out_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    if (codec.image_width != shape.width || codec.image_height != shape.height || channels != shape.channels) {
        snprintf(message, picture_message_size, "its shape is not what its header says");
        jpeg_destroy_decompress(&codec);
        return 1;
    }
    jpeg_start_decompress(&codec);
    size_t row_size = (size_t)shape.width * (size_t)shape.channels;
    while (codec.output_scanline < codec.output_height) {
        JSAMPROW row = pixels + codec.output_scanline * row_size;
        jpeg_read_scanlines(&codec, &row, 1);
    }
    jpeg_finish_decompress(&codec);
    jpeg_destroy_decompress(&codec);
    return 0;
}
