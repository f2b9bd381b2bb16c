const WIDTH = 640;
const HEIGHT = 400;

/** A picture to send: a sunset, drawn here. */
export async function samplePicture(): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const pen = canvas.getContext('2d');
  if (pen === null) throw new Error('no canvas');
  const sky = pen.createLinearGradient(0, 0, 0, HEIGHT);
  sky.addColorStop(0, '#3b2a6b');
  sky.addColorStop(0.6, '#e8784a');
  sky.addColorStop(0.7, '#274060');
  sky.addColorStop(1, '#12243d');
  pen.fillStyle = sky;
  pen.fillRect(0, 0, WIDTH, HEIGHT);
  pen.fillStyle = '#ffd27a';
  pen.beginPath();
  pen.arc(WIDTH / 2, 0.63 * HEIGHT, 60, Math.PI, 0);
  pen.fill();
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob === null ? reject(new Error('no picture')) : resolve(blob)), 'image/png');
  });
}

/** A voice message to send, for people without a microphone: spoken by the demo's own voice. */
export async function sampleVoice(): Promise<Blob> {
  const response = await fetch('/voice-message.wav');
  if (!response.ok) throw new Error(`no voice message: ${response.status}`);
  return response.blob();
}
