"""A base model's own greedy answer, from transformers and bitsandbytes alone: none of our engine.

python -m tests.helpers.basealone MODEL PRECISION MAX_NEW_TOKENS PROMPT
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from studio.machine.enginecommand import engine_environment


def base_answer(model: Path, precision: str, max_new_tokens: int, prompt: str) -> str:
    """Ask in a process of its own; precision is bf16, fp16 or fp32."""
    command = [sys.executable, "-m", "tests.helpers.basealone"]
    done = subprocess.run(
        [*command, str(model), precision, str(max_new_tokens), prompt],
        env=engine_environment(),  # its threads sleep while they wait: the machine may be shared
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return str(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig

    folder, precision, most, prompt = sys.argv[1:]
    kind = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}[precision]
    four_bits = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=kind,
    )
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(
        folder, quantization_config=four_bits, dtype=kind, device_map={"": "cpu"}
    ).eval()
    for layer in model.modules():
        if hasattr(layer, "support_avx512bf16_for_cpu"):
            layer.support_avx512bf16_for_cpu = False  # else it computes in bf16 whatever is asked
    asked = tokenizer.apply_chat_template(
        [{"role": "user", "content": prompt}],
        add_generation_prompt=True,
        return_tensors="pt",
        return_dict=True,
    )
    with torch.inference_mode():
        made = model.generate(**asked, max_new_tokens=int(most), do_sample=False)
    answer = made[0, asked["input_ids"].shape[1] :]
    print(json.dumps(tokenizer.decode(answer, skip_special_tokens=True)))


if __name__ == "__main__":
    main()
