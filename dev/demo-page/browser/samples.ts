const WIDTH = 640;
const HEIGHT = 400;

/** A sample picture: a sunset. */
export async function samplePicture(): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('no canvas');
  const sky = context.createLinearGradient(0, 0, 0, HEIGHT);
  sky.addColorStop(0, '#3b2a6b');
  sky.addColorStop(0.6, '#e8784a');
  sky.addColorStop(0.7, '#274060');
  sky.addColorStop(1, '#12243d');
  context.fillStyle = sky;
  context.fillRect(0, 0, WIDTH, HEIGHT);
  context.fillStyle = '#ffd27a';
  context.beginPath();
  context.arc(WIDTH / 2, 0.63 * HEIGHT, 60, Math.PI, 0);
  context.fill();
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob === null ? reject(new Error('no picture')) : resolve(blob)), 'image/png');
  });
}

/** A sample voice message in the voice of the demo, for people without a microphone. */
export async function sampleVoice(): Promise<Blob> {
  const response = await fetch('/voice-message.wav');
  if (!response.ok) throw new Error(`no voice message: ${response.status}`);
  return response.blob();
}
