"""Pipelines of a few megabytes with random weights, made on the spot: whole in every part, and good at nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import diffusers
import sentencepiece
import torch
import transformers
from diffusers.pipelines.stable_diffusion import StableDiffusionSafetyChecker
from PIL import Image
from tokenizers.pre_tokenizers import ByteLevel

SIDE = 64
"""Pixels of the pictures that they make unless told otherwise; LTX makes blocks of 32."""


def clip_vocabulary() -> dict[str, int]:
    """Every byte alone and at the end of a word, and the two marks: 514 tokens."""
    letters = sorted(ByteLevel.alphabet())
    tokens = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    return {token: number for number, token in enumerate(tokens)}


def clip_tokenizer() -> Any:
    return transformers.CLIPTokenizer(vocab=clip_vocabulary(), merges=[], model_max_length=77)


def write_clip_vocabulary(folder: Path) -> None:
    (folder / "vocab.json").write_text(json.dumps(clip_vocabulary()), "utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", "utf-8")


def write_spiece(folder: Path) -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = (letters[start:] + letters[:start] for start in range(26))
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(words),
        model_prefix=str(folder / "spiece"),
        vocab_size=100,
        hard_vocab_limit=False,
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        minloglevel=2,
    )


def t5_tokenizer() -> Any:
    letters = [chr(code) for code in range(32, 127)]
    vocabulary = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -1.0), *((each, -2.0) for each in letters)]
    return transformers.T5Tokenizer(vocab=vocabulary, extra_ids=0)


def clip_text(projection: bool = False) -> Any:
    kind = transformers.CLIPTextModelWithProjection if projection else transformers.CLIPTextModel
    return kind(
        transformers.CLIPTextConfig(
            vocab_size=514,
            hidden_size=32,
            intermediate_size=37,
            num_hidden_layers=2,
            num_attention_heads=4,
            projection_dim=32,
            bos_token_id=512,
            eos_token_id=513,
            pad_token_id=513,
        )
    ).eval()


def t5_text(configured: Any = transformers.T5Config, kind: Any = transformers.T5EncoderModel) -> Any:
    config = configured(
        vocab_size=128, d_model=32, d_kv=8, d_ff=37, num_layers=2, num_heads=4, decoder_start_token_id=0
    )
    return kind(config).eval()


def prudish(against: Path | None = None) -> dict[str, Any]:
    """A safety checker that takes every picture for indecent, or this one alone."""
    vision = {
        "hidden_size": 32,
        "intermediate_size": 37,
        "num_hidden_layers": 1,
        "num_attention_heads": 4,
        "image_size": 30,
        "patch_size": 15,
    }
    torch.manual_seed(7)
    checker = StableDiffusionSafetyChecker(transformers.CLIPConfig(vision_config=vision, projection_dim=32)).eval()
    sized = transformers.CLIPImageProcessor(size={"shortest_edge": 30}, crop_size={"height": 30, "width": 30})
    concept, limit = torch.ones(32), -10.0
    if against is not None:
        seen = sized(Image.open(against), return_tensors="pt").pixel_values
        concept, limit = checker.visual_projection(checker.vision_model(seen)[1])[0], 0.999
    checker.concept_embeds.data.copy_(concept)
    torch.nn.init.constant_(checker.concept_embeds_weights, limit)
    torch.nn.init.constant_(checker.special_care_embeds_weights, 10.0)
    return {"safety_checker": checker, "feature_extractor": sized}


def picture_vae(channels: int = 4, **more: Any) -> Any:
    """One of eight pixels a side, as the real ones."""
    return diffusers.AutoencoderKL(
        in_channels=3,
        out_channels=3,
        down_block_types=["DownEncoderBlock2D"] * 4,
        up_block_types=["UpDecoderBlock2D"] * 4,
        block_out_channels=[16, 16, 16, 16],
        norm_num_groups=4,
        latent_channels=channels,
        sample_size=SIDE,
        **more,
    )


def stable_diffusion(channels: int = 4) -> dict[str, Any]:
    return {
        "vae": picture_vae(),
        "text_encoder": clip_text(),
        "tokenizer": clip_tokenizer(),
        "unet": diffusers.UNet2DConditionModel(
            sample_size=SIDE // 8,
            in_channels=channels,
            out_channels=4,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            block_out_channels=(32, 64),
            layers_per_block=1,
            cross_attention_dim=32,
            norm_num_groups=8,
        ),
        "scheduler": diffusers.DDIMScheduler(
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            clip_sample=False,
            set_alpha_to_one=False,
            steps_offset=1,
        ),
        "safety_checker": None,
        "feature_extractor": None,
    }


def stable_diffusion_xl() -> dict[str, Any]:
    return {
        "vae": picture_vae(),
        "text_encoder": clip_text(),
        "text_encoder_2": clip_text(projection=True),
        "tokenizer": clip_tokenizer(),
        "tokenizer_2": clip_tokenizer(),
        "unet": diffusers.UNet2DConditionModel(
            sample_size=SIDE // 8,
            in_channels=4,
            out_channels=4,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            block_out_channels=(32, 64),
            layers_per_block=1,
            attention_head_dim=(2, 4),
            use_linear_projection=True,
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            transformer_layers_per_block=(1, 1),
            projection_class_embeddings_input_dim=32 + 6 * 8,
            cross_attention_dim=64,
            norm_num_groups=8,
        ),
        "scheduler": diffusers.EulerDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", timestep_spacing="leading"
        ),
    }


def stable_diffusion_3() -> dict[str, Any]:
    return {
        "transformer": diffusers.SD3Transformer2DModel(
            sample_size=SIDE // 8,
            patch_size=2,
            in_channels=16,
            num_layers=1,
            attention_head_dim=8,
            num_attention_heads=4,
            caption_projection_dim=32,
            joint_attention_dim=32,
            pooled_projection_dim=64,
            out_channels=16,
        ),
        "scheduler": diffusers.FlowMatchEulerDiscreteScheduler(),
        "vae": picture_vae(16, shift_factor=0.06, scaling_factor=1.5, use_quant_conv=False, use_post_quant_conv=False),
        "text_encoder": clip_text(projection=True),
        "tokenizer": clip_tokenizer(),
        "text_encoder_2": clip_text(projection=True),
        "tokenizer_2": clip_tokenizer(),
        "text_encoder_3": t5_text(),
        "tokenizer_3": t5_tokenizer(),
    }


def flux(guided: bool = True) -> dict[str, Any]:
    return {
        "scheduler": diffusers.FlowMatchEulerDiscreteScheduler(),
        "vae": picture_vae(shift_factor=0.1, scaling_factor=0.36, use_quant_conv=False, use_post_quant_conv=False),
        "text_encoder": clip_text(),
        "tokenizer": clip_tokenizer(),
        "text_encoder_2": t5_text(),
        "tokenizer_2": t5_tokenizer(),
        "transformer": diffusers.FluxTransformer2DModel(
            patch_size=1,
            in_channels=16,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=32,
            pooled_projection_dim=32,
            axes_dims_rope=[4, 4, 8],
            guidance_embeds=guided,
        ),
    }


def ltx() -> dict[str, Any]:
    return {
        "scheduler": diffusers.FlowMatchEulerDiscreteScheduler(),
        "vae": diffusers.AutoencoderKLLTXVideo(
            in_channels=3,
            out_channels=3,
            latent_channels=8,
            block_out_channels=(8, 8, 8, 8),
            decoder_block_out_channels=(8, 8, 8, 8),
            layers_per_block=(1, 1, 1, 1, 1),
            decoder_layers_per_block=(1, 1, 1, 1, 1),
            spatio_temporal_scaling=(True, True, True, False),
            decoder_spatio_temporal_scaling=(True, True, True, False),
            decoder_inject_noise=(False,) * 5,
            upsample_residual=(False,) * 4,
            upsample_factor=(1,) * 4,
            timestep_conditioning=False,
            patch_size=4,
            patch_size_t=1,
            encoder_causal=True,
            decoder_causal=False,
        ),
        "text_encoder": t5_text(),
        "tokenizer": t5_tokenizer(),
        "transformer": diffusers.LTXVideoTransformer3DModel(
            in_channels=8,
            out_channels=8,
            patch_size=1,
            patch_size_t=1,
            num_attention_heads=4,
            attention_head_dim=8,
            cross_attention_dim=32,
            num_layers=1,
            caption_channels=32,
        ),
    }


def wan(channels: int = 16) -> dict[str, Any]:
    return {
        "tokenizer": t5_tokenizer(),
        "text_encoder": t5_text(transformers.UMT5Config, transformers.UMT5EncoderModel),
        "vae": diffusers.AutoencoderKLWan(
            base_dim=3, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True]
        ),
        "scheduler": diffusers.UniPCMultistepScheduler(flow_shift=7.0),
        "transformer": diffusers.WanTransformer3DModel(
            patch_size=(1, 2, 2),
            num_attention_heads=2,
            attention_head_dim=12,
            in_channels=channels,
            out_channels=16,
            text_dim=32,
            freq_dim=256,
            ffn_dim=32,
            num_layers=2,
            cross_attn_norm=True,
            qk_norm="rms_norm_across_heads",
            rope_max_seq_len=32,
        ),
        "transformer_2": None,
    }


def wan_from_pictures() -> dict[str, Any]:
    """The first frame and where it is travel in channels beside the noise, without a reader of pictures."""
    return {**wan(36), "image_encoder": None, "image_processor": None}


RECIPES: Mapping[str, Callable[[], dict[str, Any]]] = {
    "StableDiffusionPipeline": stable_diffusion,
    "StableDiffusionXLPipeline": stable_diffusion_xl,
    "StableDiffusion3Pipeline": stable_diffusion_3,
    "FluxPipeline": flux,
    "LTXPipeline": ltx,
    "WanPipeline": wan,
    "WanImageToVideoPipeline": wan_from_pictures,
}
FILMS = ("LTXPipeline", "WanPipeline", "WanImageToVideoPipeline")


def make(name: str, folder: Path, parts: dict[str, Any] | None = None, random_seed: int = 7, **saving: Any) -> Path:
    """A folder with a pipeline of this class. The same seed gives the same weights."""
    torch.manual_seed(random_seed)
    found = RECIPES[name]() if parts is None else parts
    getattr(diffusers, name)(**found).save_pretrained(folder, **saving)
    return folder
